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
  document.addEventListener("click", (event) => { if (event.target.closest?.("button")) listen(); }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") listen(); }, true);
  new MutationObserver(() => { if (before !== null) requestAnimationFrame(answered); })
    .observe(document.body, { subtree: true, childList: true, characterData: true });
})();
