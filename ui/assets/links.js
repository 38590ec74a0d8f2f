// Links to the cockpit's own pages are followed inside the session, as its menu does: loaded as any other page, each
// would start the whole dashboard anew. Streamlit reads the address when the browser says that it has changed.
(() => {
  if (window.cockpitLinks) return;
  window.cockpitLinks = true;
  const main = () => document.querySelector('[data-testid="stMain"]');
  // What is drawn anew loses the keyboard's place: it comes back to the link that was followed.
  const focusAgain = (name) => {
    const end = performance.now() + 3000;
    const look = () => {
      const link = document.querySelector(`a[data-lien="${CSS.escape(name)}"]`);
      if (link && !document.querySelector("[data-stale=true]") && document.activeElement === document.body) link.focus({ preventScroll: true });
      else if (performance.now() < end) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || link.origin !== location.origin || link.hasAttribute("download")) return;
    if (link.getAttribute("href").startsWith("#") || /\.\w+$/.test(link.pathname)) return;
    event.preventDefault();
    const elsewhere = link.pathname !== location.pathname, table = link.closest(".tableau");
    history.pushState({}, "", link.href.replace(/\?$/, ""));
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    if (elsewhere) main()?.scrollTo(0, 0);
    else if ("haut" in link.dataset) table?.scrollIntoView();
    if (!elsewhere && link.dataset.lien) focusAgain(link.dataset.lien);
  });
})();
