/** What the page asks of the carved blocks: assets/carving.js loads this file when the first of them is to be shown. */
import { readFigure } from './figure.js';
import { alone } from './alone.js';
import { hand } from './hand.js';
import { Panel, picture, warm } from './stage.js';

window.lossAtlasRelief = { Panel, alone, hand, picture, readFigure, warm };
