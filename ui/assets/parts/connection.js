// Tells in French, at the top of every page, a connection that is lost and a service that is slow to answer.
// Streamlit's own dialog is English and covers the fields, which stay writable: it is closed. Back, Streamlit draws
// nothing anew by itself, and its new session knows none of the page's buttons: the page is asked for.
const EACH_MS = 250, SLOW_MS = 4500, QUIET = 4, WHITE = 6;
const WORDS = {
  cut: "Connexion perdue. Ce que vous écrivez dans les grands champs est gardé ; la page reprendra d’elle-même.",
  slow: "Le service n’a pas répondu depuis cinq secondes. La page attend encore ; rien de ce que vous avez saisi n’est perdu.",
};
let connected = false, lost = false, busySince = null, quiet = QUIET, white = 0, again = () => {};

const state = () => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app) return null;
  const connection = app.getAttribute("data-test-connection-state");
  connected ||= connection === "CONNECTED";
  const away = !navigator.onLine || (connected && connection !== "CONNECTED");
  if (lost && !away) again();
  lost = away;
  const busy = app.getAttribute("data-test-script-state") !== "notRunning";
  // What is clicked while the page is drawn anew would be lost.
  quiet = away || (busy && quiet < QUIET) ? 0 : quiet + 1;
  if (quiet < QUIET) return "cut";
  busySince = busy ? (busySince ?? Date.now()) : null;
  return busy && Date.now() - busySince > SLOW_MS ? "slow" : null;
};
const closeTheirs = () => {
  for (const dialog of document.querySelectorAll('[role="dialog"]'))
    if (/Connection error|Connexion interrompue/.test(dialog.textContent)) dialog.querySelector("button")?.click();
};
// What the page that was left still asked for may be answered after the next page: Streamlit then clears the window and
// draws nothing. Its address is opened once more.
const openWhite = () => {
  const running = document.querySelector('[data-testid="stApp"]')?.getAttribute("data-test-script-state") !== "notRunning";
  white = running || document.querySelector("h1") ? 0 : white + 1;
  if (white === WHITE) dispatchEvent(new PopStateEvent("popstate", { state: {} }));
};
const watch = () => {
  const banner = document.body.appendChild(document.createElement("div"));
  banner.id = "cockpit-connexion";
  banner.setAttribute("role", "status");
  setInterval(() => {
    const now = state(), words = WORDS[now] ?? "";
    if (now === "cut") closeTheirs();
    else openWhite();
    if (banner.textContent !== words) banner.textContent = words;
  }, EACH_MS);
};

export default ({ setTriggerValue }) => {
  again = () => setTriggerValue("back", Date.now());
  if (!document.getElementById("cockpit-connexion")) watch();
};
