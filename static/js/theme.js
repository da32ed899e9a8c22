// Light or dark: the system's choice until the switch in the header says otherwise. Loaded first, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem("kindmap-theme"); } catch { return null; }
  };
  const chosen = stored();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.hidden = false;
    label();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("kindmap-theme", root.dataset.theme); } catch { /* the choice lasts as long as the page */ }
      label();
    });
    // A form that only chooses what is shown needs no button press.
    document.addEventListener("change", (event) => {
      const form = event.target.closest("form[data-submit-on-change]");
      if (form && event.target.matches("select")) form.requestSubmit();
    });
  });
})();
