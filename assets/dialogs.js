/* Closes dialogs by their cross, or by a click on the ground around them. */
document.addEventListener('click', ({ target }) => {
  const dialog = target.closest('dialog');
  if (dialog && (target === dialog || target.closest('.dialog-close'))) dialog.close();
});
