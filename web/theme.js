// Runs before the first paint, so that the chosen theme never flashes. Not a module: modules wait.
try {
  const theme = localStorage.getItem('roomcast.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system decides.
}
