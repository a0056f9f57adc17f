/* What is wrong with the page as it stands, each fault in a line: what runs into anything else, is cut off, or leaves the window. */
() => {
  const LEAST = 3; // px that two boxes may share: letters' boxes are higher than the letters
  const OVER = '[role="dialog"], [role="menu"], [role="tooltip"], dialog[open], .first-hint, .notice';
  const CONTROL = 'button, a[href], select, input:not([type="radio"], [type="checkbox"]), [role="slider"], [role="button"], [role="switch"]';
  const name = (node) => {
    const said = (node.getAttribute?.('aria-label') || node.textContent || '').trim().slice(0, 40);
    return `${(node.tagName || '').toLowerCase()}${node.id && typeof node.id === 'string' && !node.id.startsWith('{') ? `#${node.id}` : ''}.${String(node.className?.baseVal ?? node.className ?? '').split(' ')[0]} "${said}"`;
  };
  const area = (box) => Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top);
  const meet = (one, other) => ({ left: Math.max(one.left, other.left), top: Math.max(one.top, other.top), right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom) });
  const wide = (box) => box.right - box.left, high = (box) => box.bottom - box.top;
  const page = { left: 0, top: -scrollY, right: innerWidth, bottom: document.documentElement.scrollHeight - scrollY };
  const faults = [];

  /* The part of an element's surroundings in which it can be seen, and whether one can scroll to the rest. */
  function window_(node) {
    let box = { ...page }, scrolls = { x: false, y: false };
    for (let around = node.parentElement; around; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (around === document.body || around === document.documentElement) break;
      const [x, y] = [style.overflowX, style.overflowY];
      if (x === 'visible' && y === 'visible') { if (style.position === 'fixed') break; continue; }
      const rect = around.getBoundingClientRect();
      scrolls = { x: scrolls.x || ['auto', 'scroll'].includes(x), y: scrolls.y || ['auto', 'scroll'].includes(y) };
      box = meet(box, rect);
      if (style.position === 'fixed') break;
    }
    return { box, scrolls };
  }

  const forEars = (node) => { // hidden from eyes alone
    for (let around = node; around && around !== document.body; around = around.parentElement) if (getComputedStyle(around).clipPath === 'inset(50%)') return true;
    return false;
  };
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && !node.closest('[aria-hidden="true"], .gl-container') && !forEars(node);
  const scrolled = document.documentElement.scrollHeight > innerHeight + 1; // then header and job strip cover what lies below them
  const layerOf = (node) => node.closest(OVER) || (node.closest('.side') && 'side') || (scrolled && node.closest('.mantine-AppShell-header, .mantine-AppShell-footer, .player') ? 'bars' : null);
  const items = [];
  const add = (node, rect, kind) => {
    if (rect.width < 1 || rect.height < 1) return;
    const { box, scrolls } = window_(node);
    const inside = meet(rect, box);
    if (area(inside) < 1) { // out of sight: scrolled away, or cut off for good
      if (kind === 'text' && !scrolls.x && !scrolls.y && getComputedStyle(node).position !== 'absolute') faults.push(`cut off: ${name(node)}`);
      return;
    }
    const lost = { x: Math.max(0, box.left - rect.left, rect.right - box.right), y: Math.max(0, box.top - rect.top, rect.bottom - box.bottom) };
    const meant = ((node.title || node.closest('[title]')) && wide(inside) > 60) && getComputedStyle(node).textOverflow === 'ellipsis';
    if (lost.x > 1.5 && !scrolls.x && !meant) faults.push(`cut off by ${Math.round(lost.x)} px sideways: ${name(node)}`);
    if (lost.y > 2.5 && !scrolls.y) faults.push(`cut off by ${Math.round(lost.y)} px of its height: ${name(node)}`);
    items.push({ node, box: inside, kind, layer: layerOf(node) });
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node || !seen(node) || ['SCRIPT', 'STYLE', 'OPTION'].includes(node.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) {
      const own = getComputedStyle(node);
      const clips = own.overflowX !== 'visible';
      const shown = clips ? meet(rect, node.getBoundingClientRect()) : rect;
      if (clips && node.scrollWidth > node.clientWidth + 1 && !['auto', 'scroll'].includes(own.overflowX)) {
        const meant = own.textOverflow === 'ellipsis' && Boolean(node.closest('[title]')) && node.clientWidth > 60;
        if (!meant) faults.push(`cut short: ${name(node)}`);
      }
      if (clips && node.scrollHeight > node.clientHeight + 3 && own.overflowY === 'hidden' && !node.closest('[title]')) faults.push(`lines cut off: ${name(node)}`);
      add(node, { ...shown, left: shown.left, right: shown.right, top: shown.top, bottom: shown.bottom, width: wide(shown), height: high(shown) }, 'text');
    }
  }
  document.querySelectorAll(CONTROL).forEach((node) => { if (seen(node)) add(node, node.getBoundingClientRect(), 'control'); });

  /* What lies over the page on purpose covers it; nothing within one layer covers anything else of it. */
  const drawer = document.documentElement.dataset.drawer;
  for (let index = 0; index < items.length; index += 1) {
    for (let after = index + 1; after < items.length; after += 1) {
      const [one, other] = [items[index], items[after]];
      if (one.layer !== other.layer && (one.layer instanceof Element || other.layer instanceof Element || drawer || scrolled)) continue;
      if (one.node.contains(other.node) || other.node.contains(one.node)) continue;
      const shared = meet(one.box, other.box);
      if (wide(shared) > LEAST && high(shared) > LEAST) faults.push(`${name(one.node)} and ${name(other.node)} share ${Math.round(wide(shared))} × ${Math.round(high(shared))} px`);
    }
  }
  document.querySelectorAll('.side').forEach((side) => { if (seen(side) && side.scrollWidth > side.clientWidth) faults.push(`#${side.id} is ${side.scrollWidth} px wide in ${side.clientWidth}`); });
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${innerWidth}`);
  return [...new Set(faults)];
}
