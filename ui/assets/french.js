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
    "Remove": "Retirer",
    "Increment": "Augmenter",
    "Decrement": "Diminuer",
    "Choose date": "Choisir une date",
    "Previous month": "Mois précédent",
    "Next month": "Mois suivant",
    "file upload": "envoi d’un fichier",
    "Link to heading": "Lien vers ce titre",
    "Scroll tabs left": "Onglets précédents",
    "Scroll tabs right": "Onglets suivants",
  };
  const beginnings = [["Help for ", "Aide : "], ["Add row: ", "Ajouter une ligne : "],
    ["day, ", "jour, "], ["month, ", "mois, "], ["year, ", "année, "]];
  const inFrench = (text) => {
    const [english, french] = beginnings.find(([start]) => text.startsWith(start)) ?? ["", ""];
    return words[text] ?? french + text.slice(english.length);
  };
  const mend = () => {
    for (const name of ["aria-label", "title", "alt"])
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const text = element.getAttribute(name), french = inFrench(text);
        if (french !== text) element.setAttribute(name, french);
      }
    // Its English word is hidden by the style sheet, which writes the French one where no reader hears it.
    for (const button of document.querySelectorAll('[data-testid="stFileUploaderDropzone"] > span button:not([aria-label])'))
      button.setAttribute("aria-label", "Choisir un fichier");
  };
  const skip = () => {
    const link = document.querySelector('a[href="#stMain"]');
    if (link && link.textContent === "Skip to main content") link.textContent = "Aller au contenu";
  };
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mend(); skip(); });
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label", "title"] });
  mend();
  skip();
})();
