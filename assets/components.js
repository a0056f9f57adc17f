/* Spares Dash work: at every change of any property it goes, for each component of these types, through all that ever
   changed (dash-renderer 4.4, `dashChildrenUpdate`), to see whether something within was. None of them looks into what it
   holds, and what it holds draws itself anew. A menu's dropdown does look: its entries count their clicks. */
(function () {
  const TYPES = ['FloatingTooltip', 'HoverCardDropdown', 'MenuLabel', 'PopoverDropdown', 'Tooltip'];
  const found = window.dash_mantine_components || {};
  TYPES.forEach((type) => { if (found[type]) delete found[type].dashChildrenUpdate; });
})();
