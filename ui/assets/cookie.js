// Sets the cookie that the page names beside this script. It is no component of Streamlit: those answer, and an
// answer that crosses a change of page takes the person back to the page that is being left, or leaves it white.
(() => {
  const told = document.querySelector("[data-cockpit-cookie]");
  if (told) document.cookie = told.dataset.cockpitCookie;
})();
