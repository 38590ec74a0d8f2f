// Streamlit's own labels are English, and so is the language that it declares; readers of a screen hear them.
(() => {
  document.documentElement.lang = "fr";
  if (window.cockpitInFrench) return;
  window.cockpitInFrench = true;
  const words = {
    "Navigate to home page": "Accueil",
    "App pages": "Pages",
    "Sidebar": "Menu",
    "Expand sidebar": "Ouvrir le menu",
    "Collapse sidebar": "Fermer le menu",
    "Open sidebar": "Ouvrir le menu",
    "Close sidebar": "Fermer le menu",
    "Main menu": "Menu principal",
    "Show password": "Afficher le mot de passe",
    "Hide password": "Masquer le mot de passe",
    "Show password text": "Afficher le mot de passe",
    "Hide password text": "Masquer le mot de passe",
    "Open": "Ouvrir",
    "open": "ouvrir",
    "Close": "Fermer",
    "Clear all": "Tout effacer",
    "Clear value": "Effacer",
    "Clear date": "Effacer la date",
    "Remove": "Retirer",
    "Increment": "Augmenter",
    "Decrement": "Diminuer",
    "Choose date": "Choisir une date",
    "Empty": "vide",
    "Use arrow keys to navigate dates. Enter to select. Escape to close.":
      "Flèches pour aller d’un jour à l’autre, Entrée pour choisir, Échap pour fermer.",
    "Previous month": "Mois précédent",
    "Next month": "Mois suivant",
    "file upload": "envoi d’un fichier",
    "Link to heading": "Lien vers ce titre",
    "Scroll tabs left": "Onglets précédents",
    "Scroll tabs right": "Onglets suivants",
  };
  const months = {
    January: "janvier", February: "février", March: "mars", April: "avril", May: "mai", June: "juin", July: "juillet",
    August: "août", September: "septembre", October: "octobre", November: "novembre", December: "décembre",
  };
  const beginnings = [["Choose date, ", "Choisir une date, "], ["Help for ", "Aide : "], ["Add row: ", "Ajouter une ligne : "],
    ["day, ", "jour, "], ["month, ", "mois, "], ["year, ", "année, "]];
  const inFrench = (text) => {
    const [english, french] = beginnings.find(([start]) => text.startsWith(start)) ?? ["", ""];
    return words[text] ?? french + text.slice(english.length);
  };
  const dated = (text) => text
    .replace(/^Selected Date: (\w+) (\d+), (\d+)$/, (_, month, day, year) =>
      `Date choisie : ${day} ${months[month] ?? month} ${year}`)
    .replace(/^(\d+ – )(\w+)$/, (_, number, month) => number + (months[month] ?? month));
  const blanks = { dd: "jj", mm: "mm", yyyy: "aaaa" };
  // The text node itself: replacing it would take it from React, which goes on writing in it.
  const write = (element, french) => {
    const node = element.firstChild;
    if (node?.nodeType === Node.TEXT_NODE && node.data !== french) node.data = french;
  };
  const dates = () => {
    for (const part of document.querySelectorAll('[role="spinbutton"][data-placeholder]'))
      write(part, blanks[part.textContent] ?? part.textContent);
    const told = '[data-testid="stDateInputCalendar"] > span, [data-testid="stDateInputCalendar"] h2, [id^="react-aria-description"]';
    for (const element of document.querySelectorAll(told))
      write(element, dated(inFrench(element.textContent)));
    // The month and the year chosen are in sight but not in the names of their buttons.
    for (const button of document.querySelectorAll('[data-testid="stDateInputCalendar"] button[aria-haspopup="listbox"]')) {
      const shown = button.textContent, name = button.getAttribute("aria-label") ?? "";
      if (name.startsWith(shown)) continue;
      button.dataset.role ||= inFrench(name);
      button.setAttribute("aria-label", `${shown}, ${button.dataset.role}`);
    }
  };
  // A number is a text for Streamlit, which only knows the decimal point: phones are asked for their keypad, and
  // readers of a screen hear why it is refused.
  const numbers = () => {
    for (const field of document.querySelectorAll('[class*="st-key-nombre_"]')) {
      const input = field.querySelector("input"), reason = field.querySelector('[data-testid="stMarkdown"]');
      if (!input) continue;
      input.inputMode = "decimal";
      if (reason) reason.id ||= `motif-${input.id}`;
      for (const [name, value] of [["aria-invalid", "true"], ["aria-errormessage", reason?.id]])
        if (!reason) input.removeAttribute(name);
        else if (input.getAttribute(name) !== value) input.setAttribute(name, value);
    }
  };
  // The text node's data, never the node: React goes on writing in it. What is typed or copied stays as it is.
  const rules = TYPESETTING.map(([pattern, space]) => [new RegExp(pattern, "gu"), space]);
  const asTyped = "code, pre, script, style, svg, textarea, [contenteditable]";
  const setSpaces = (root) => {
    if (!root.isConnected || (root.parentElement ?? root).closest(asTyped)) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = root.nodeType === Node.TEXT_NODE ? root : walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.length < 2 || node.parentElement?.closest(asTyped)) continue;
      const set = rules.reduce((text, [pattern, space]) => text.replace(pattern, space), said(node.data));
      if (set !== node.data) node.data = set;
    }
  };
  // What Streamlit says by itself: of an unknown address, of the server away, of a file, of a list.
  const sayings = {
    "Page not found": "Page inconnue",
    "The page that you have requested does not seem to exist. Running the app's main page.":
      "Aucune page n’est à cette adresse : voici l’accueil.",
    "Connection error": "Connexion interrompue",
    "Connecting": "Connexion…",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:":
      "Le tableau de bord ne répond plus : prévenez l’administrateur, qui le relance par « python cockpit.py run ».",
    "Streamlit server is not responding. Are you connected to the internet?":
      "Le tableau de bord ne répond pas : êtes-vous relié au réseau ?",
    "Connection lost. Please wait for the app to reconnect, then try again.":
      "Connexion perdue : attendez son retour, puis recommencez.",
    "No results": "Aucun résultat",
    "Select all": "Tout choisir",
  };
  const sizes = { B: "o", KB: "ko", MB: "Mo", GB: "Go" };
  const said = (text) => sayings[text] ?? text
    .replace(/^File must be ([\d.]+)([KMG]?B) or smaller\.$/, (_, size, unit) =>
      `Fichier de ${size.replace(".", ",")} ${sizes[unit]} au plus.`)
    .replace(/^(\d*) more$/, "$1 de plus")
    .replace(/^(\S+) files are not allowed\.$/, "Les fichiers $1 ne sont pas lus ici.")
    .replace(/^([\d.]+)([KMG]?B)$/, (_, size, unit) => `${size.replace(".", ",")} ${sizes[unit]}`);
  const changed = new Set([document.body]);
  const mend = () => {
    changed.forEach(setSpaces);
    changed.clear();
    for (const name of ["aria-label", "title", "alt", "aria-valuetext"])
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const text = element.getAttribute(name), french = dated(inFrench(text));
        if (french !== text) element.setAttribute(name, french);
      }
    // Its English word is hidden by the style sheet, which writes the French one where no reader hears it.
    for (const button of document.querySelectorAll('[data-testid="stFileUploaderDropzone"] > span button:not([aria-label])'))
      button.setAttribute("aria-label", "Choisir un fichier");
    dates();
    numbers();
  };
  const skip = () => {
    const link = document.querySelector('a[href="#stMain"]');
    if (link && link.textContent === "Skip to main content") link.textContent = "Aller au contenu";
  };
  let waiting = false;
  new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records)
      if (type === "characterData") changed.add(target);
      else for (const node of addedNodes) changed.add(node);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mend(); skip(); });
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ["aria-label", "title", "aria-valuetext", "data-placeholder"],
  });
  mend();
  skip();
})();
