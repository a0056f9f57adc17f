/* Writes how far each panel and the whole screen are; nothing moves while the numbers change. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const ENDED = ['done', 'cancelled', 'failed'];

  const percent = (p) => atlas.percent(Math.floor(100 * (p.share || 0)) / 100, 0);
  /* A share of what is neither nothing nor all, and so is not called 0 % or 100 %; viewer/facts.py words it alike. */
  const about = (share) => (share < 0.01 ? '< 1 %' : share > 0.99 && share < 1 ? '> 99 %' : atlas.percent(share, 0));
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const hide = (node, hidden) => { if (node.hidden !== hidden) node.hidden = hidden; };
  const number = (value) => (value < 10 ? atlas.fixed(value, 1) : atlas.fixed(value));

  function clock(seconds) {
    const whole = Math.ceil(seconds);
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (part) => String(part).padStart(2, '0');
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  }

  function standing(p, side) {
    const words = { queued: 'waiting', running: percent(p), paused: `paused at ${percent(p)}`, drawing: 'drawing', done: 'done' };
    return `${side} · ${words[p.state] || percent(p)}`; // the panel says below why it stopped
  }

  /* Of how many examples the picture tells, and how far its numbers may lie from those of all like them. */
  function resting(p, { available, examples, style }) {
    if (!p.examples) return null;
    const [, label] = /^class:(.+)$/.exec(new URLSearchParams(style).get('statistic')) || [];
    const among = label === undefined ? '' : `class ${label} among `;
    const part = among + (p.examples >= Number(available) ? `all ${atlas.fixed(p.examples)}` : `${atlas.fixed(p.examples)} of ${atlas.fixed(Number(available))}`);
    const error = p.standard_error === null || p.standard_error === undefined ? '' : `, s.e. ${atlas.number(p.standard_error, 2)}`;
    return [part, ` ${examples}`, error]; // the word in the middle goes where there is little room
  }

  /* How the numbers came about, where that is not "each computed in float32". */
  function arithmetic(p, style) {
    const words = [];
    const per = (share) => `${atlas.number(100 * share, 2)} %`;
    if (p.fell_back) words.push('float32: bfloat16 too inaccurate');
    else if (p.fast_error) {
      const asked = new URLSearchParams(style);
      const log = (asked.get('height') || 'log') === 'log' && asked.get('quantity') !== 'accuracy';
      const [most, model] = log ? [p.fast_error.log, p.fast_error.log_at_model] : [p.fast_error.linear, p.fast_error.linear_at_model];
      words.push(`bfloat16 ± ${per(most)}` + (model === null ? '' : `, ${per(model)} at the model`));
    }
    if (p.left_out && p.left_out.length) words.push('steps left out');
    if (p.interpolated) words.push(`${about(p.interpolated / p.total)} interpolated`);
    return words.join(' · ');
  }

  /* What is not drawn, and why: of a finished survey every point is known, of an imported file it need not be. */
  function missing(p) {
    const absent = p.state === 'done' ? p.total - p.done : 0;
    return [p.nonfinite && `${atlas.fixed(p.nonfinite)} NaN or ∞`, absent && `${atlas.fixed(absent)} not in the file`].filter(Boolean).join(' · ');
  }

  /* What making the network ready would have changed, for the tooltip. */
  function leftOut(p) {
    const names = p.left_out || [];
    return names.length ? `Left out, because the network would give another loss or fail: ${names.join(', ')}.` : '';
  }

  function trouble(p) {
    if (p.state === 'failed') return p.error || 'The computation failed.';
    return p.state === 'cancelled' ? `Cancelled at ${percent(p)} of the work.` : '';
  }

  function fill(bar, share) {
    bar.firstElementChild.style.transform = `scaleX(${share})`;
    bar.setAttribute('aria-valuenow', Math.round(100 * share));
  }

  function panel(node) {
    const p = atlas.progressOf(node.dataset.survey);
    const known = p || { state: 'queued', share: 0, nonfinite: 0 };
    node.dataset.state = known.state;
    put(node.querySelector('.standing'), standing(known, node.dataset.side));
    fill(node.querySelector('.bar'), known.share || 0);
    const rest = resting(known, node.dataset);
    hide(node.querySelector('.resting'), !rest);
    node.querySelectorAll('.resting > span').forEach((part, index) => put(part, rest ? rest[index] : ''));
    const lost = node.querySelector('.nonfinite');
    hide(lost, !missing(known));
    put(lost, missing(known));
    const how = node.querySelector('.arithmetic');
    const numbers = arithmetic(known, node.dataset.style);
    hide(how, !numbers);
    put(how, numbers);
    how.title = leftOut(known);
    const text = trouble(known);
    hide(node.querySelector('.trouble'), !text);
    put(node.querySelector('.trouble-text'), text);
    describe(node, known);
    if (p) {
      atlas.announce(node, p);
      atlas.followed(node.dataset, p);
    }
    return p;
  }

  let words = ''; // of a server that does not answer

  /* Called when the server answers no more, or only with a refusal, and when it does again. */
  atlas.lost = (silent, refusal = '') => {
    const place = document.getElementById('job').querySelector('.lost');
    words = words || place.textContent;
    put(place, refusal || words);
    hide(place, !silent);
  };

  /* Called with the sentence on why results cannot be kept, or null. */
  atlas.storeProblem = (problem) => {
    const place = document.querySelector('#job .job-store');
    put(place, problem || '');
    place.title = problem || '';
    hide(place, !problem);
  };

  let slowly = '';

  /* Called with the reason why news come seldom, or with none. */
  atlas.slow = (sentence) => { slowly = sentence; };

  /* The paper's point in one number; a figure tells it, for it is read off the surface. */
  atlas.countMinima = (node, { minima }) => {
    const badge = node.closest('.panel') && node.closest('.panel').querySelector('.minima');
    if (!badge) return;
    hide(badge, !minima);
    if (!minima) return;
    const above = minima.above === null ? ['', '', ''] : [`, ${atlas.fixed(minima.above)} above`, ' sampling', ' noise'];
    [minima.words, ...above].forEach((words, index) => put(badge.children[index], words));
    badge.title = `${badge.dataset.title} ${minima.spacing}`.trim();
  };

  /* The panel's name, and the figures' text alternative. */
  function describe(node, p) {
    const title = node.querySelector('h2').textContent;
    node.setAttribute('aria-label', title);
    node.querySelectorAll('.figure').forEach((figure) => {
      const kind = figure.dataset.kind === 'surface' ? 'Surface' : 'Contour map';
      figure.setAttribute('aria-label', `${kind} of ${title}, ${standing(p, node.dataset.side)}`);
    });
  }

  function overall(all) {
    const going = all.filter((p) => !ENDED.includes(p.state));
    const state = going.length === 0 ? 'idle' : going.every((p) => p.state === 'drawing') ? 'drawing' : going.every((p) => p.state === 'paused') ? 'paused' : 'running';
    const sum = (key, list) => list.reduce((total, p) => total + (p[key] || 0), 0);
    const share = all.reduce((part, p) => part + p.share * p.total, 0) / Math.max(1, sum('total', all));
    return { state, going, share, rate: sum('rate', going), all };
  }

  function headline(o) {
    if (o.all.length === 0) return 'Idle';
    const share = percent(o);
    if (o.state === 'idle') return o.share === 1 ? 'Done' : `Stopped at ${share}`;
    if (o.state === 'drawing') return 'Drawing';
    return o.state === 'paused' ? `Paused at ${share}` : share;
  }

  function pace(o) {
    const left = Math.max(...o.going.map((p) => p.seconds_left ?? NaN));
    const devices = [...new Set((o.going.length ? o.going : o.all).map((p) => p.device).filter(Boolean))];
    const words = [];
    if (o.state === 'running' && o.rate) words.push(`${number(o.rate)} points/s`);
    if (o.state === 'running' && Number.isFinite(left)) words.push(`${clock(left)} left`);
    return [...words, ...devices].join(' · ');
  }

  function strip(all) {
    const job = document.getElementById('job');
    const o = overall(all);
    job.dataset.state = o.state;
    put(job.querySelector('.job-text'), headline(o));
    put(job.querySelector('.job-rate'), pace(o));
    fill(job.querySelector('.job-bar'), o.share);
    const [pause, cancel] = [document.getElementById('pause'), document.getElementById('cancel')];
    pause.disabled = cancel.disabled = ['idle', 'drawing'].includes(o.state);
    const word = o.state === 'paused' ? 'Resume' : 'Pause';
    pause.setAttribute('aria-label', word);
    pause.title = word;
    hide(document.getElementById('go-on'), !all.some(stopped));
    const text = [slowly, apart(all)].filter(Boolean).join(' ');
    const place = job.querySelector('.job-trouble');
    hide(place, !text);
    put(place, text);
    place.title = text;
  }

  const stopped = ({ state }) => state === 'cancelled' || state === 'failed';

  /* What stopped the surveys that have no panel of their own to say so: each reason once, failures before all. */
  function apart(all) {
    const told = atlas.seeds().length ? [] : [...document.querySelectorAll('.panel:not([hidden])')].map((node) => node.dataset.survey);
    const others = all.filter((p) => stopped(p) && !told.includes(p.survey));
    const failed = others.filter(({ state }) => state === 'failed').map(trouble);
    return [...new Set(failed)].join(' ') || (others.length ? 'Cancelled.' : '');
  }

  /* The surveys of figures that stand for themselves, each once. */
  function besides() {
    const named = [...document.querySelectorAll('.figure[data-sources]')].flatMap((node) => node.dataset.sources.split(','));
    return [...new Set(named)].map(atlas.progressOf);
  }

  atlas.report = () => {
    const shown = [...document.querySelectorAll('.panel')].filter((node) => node.dataset.survey);
    const told = shown.map(panel);
    const seeds = atlas.seeds();
    const all = [...(seeds.length ? seeds.map(atlas.progressOf) : told), ...besides()];
    strip([...new Map(all.filter(Boolean).map((p) => [p.survey, p])).values()]); // a barcode's survey is its panel's
    atlas.angles();
  };
})();
