// Runs before the first paint: a theme that was chosen by hand, so that the other one doesn't flash up.
try {
  const chosen = localStorage.getItem("coralline-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be switched off; the system's theme it is.
}
