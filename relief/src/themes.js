/** The colours and the strength of the light around a block, on a light and on a dark page. */
export const THEMES = {
  light: { sky: 0xf6f9ff, ground: 0xe2d8ce, ambient: 1.85, sun: 2.15, rim: 0.3, rimColour: 0xdfe8ff, stone: 0xeef0f3, pale: 0xb9bec8, ink: 0x101828, shadow: 0.36, contact: 0.3, text: '#3b4252', soft: '#6b7485', frame: '#9aa3b2' },
  dark: { sky: 0xcfdcff, ground: 0x5c6276, ambient: 1.4, sun: 2.8, rim: 0.55, rimColour: 0xc6d2ea, stone: 0x454d5d, pale: 0x7b8494, ink: 0x05070c, shadow: 0.6, contact: 0.55, text: '#c3c9d4', soft: '#98a1b0', frame: '#596274' },
};
