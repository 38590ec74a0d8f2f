// What a button answers may stand out of sight, at the top of a long page or beside a field: it is brought into sight.
(() => {
  if (window.cockpitAnswers) return;
  window.cockpitAnswers = true;
  const PATIENCE_MS = 8000;
  const alerts = '[data-testid="stAlert"]', wrong = '.stMarkdownColoredText';
  const visible = (element) => element.getClientRects().length > 0;
  const told = () => [...document.querySelectorAll(`${alerts}, ${wrong}`)].filter((element) =>
    visible(element) && (element.matches(alerts) || /^[↑✕]/.test(element.textContent.trim())));
  let before = null, until = 0;
  const listen = () => {
    before = new Set(told().map((element) => element.textContent));
    until = performance.now() + PATIENCE_MS;
  };
  const answered = () => {
    if (before === null || performance.now() > until) return;
    const fresh = told().filter((element) => !before.has(element.textContent));
    if (!fresh.length) return;
    before = null;
    const answer = fresh.find((element) => element.matches(wrong)) ?? fresh[0];
    const { top, bottom } = answer.getBoundingClientRect();
    if (top < 60 || bottom > innerHeight) answer.scrollIntoView({ block: "center" });
  };
  // A button that is being answered takes no second click: what was typed is gone meanwhile, and would be sent empty.
  const acts = '[data-testid="stButton"], [data-testid="stFormSubmitButton"]';
  const TWICE_MS = 400, ANSWERED_MS = 20000;
  let held = null;
  const hold = (name) => {
    const mine = (held = { name, since: performance.now() });
    const look = () => {
      const waited = performance.now() - mine.since;
      const state = document.querySelector('[data-testid="stApp"]')?.getAttribute("data-test-script-state");
      if (held !== mine) return;
      if (waited > ANSWERED_MS || (waited > TWICE_MS && state === "notRunning")) held = null;
      else setTimeout(look, 50);
    };
    look();
  };
  const second = (event) => {
    const act = event.target.closest?.("button")?.closest(acts);
    if (!act) return false;
    const key = [...(act.closest('[class*="st-key-"]')?.classList ?? [])].find((word) => word.startsWith("st-key-"));
    const name = `${key} ${act.textContent}`;
    if (held?.name !== name) return void hold(name);
    event.preventDefault();
    event.stopImmediatePropagation();
    return true;
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("button") && !second(event)) listen();
  }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") listen(); }, true);
  new MutationObserver(() => { if (before !== null) requestAnimationFrame(answered); })
    .observe(document.body, { subtree: true, childList: true, characterData: true });
})();
