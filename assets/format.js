/* Numbers as they are written for a reader; compute/formatting.py writes them alike. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SUPERSCRIPTS = [...'⁰¹²³⁴⁵⁶⁷⁸⁹'];
  const DECIMAL = [1e-4, 1e6]; // between these a number is written without a power of ten

  const withoutZeros = (text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

  /* An exponent. */
  atlas.superscript = (power) => (power < 0 ? '⁻' : '') + [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join('');

  /* A number with so many decimals. */
  atlas.fixed = (value, decimals = 0) => {
    const text = Math.abs(value).toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return (value < 0 && /[1-9]/.test(text) ? '−' : '') + text;
  };

  /* A number to so many significant digits, times a power of ten where it is very small or large. */
  atlas.number = (value, digits = 3) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
    const text = value.toExponential(digits - 1);
    const size = Math.abs(Number(text));
    const [mantissa, power] = text.split('e').map(Number);
    if (!value || (size >= DECIMAL[0] && size < DECIMAL[1])) return withoutZeros(atlas.fixed(value, Math.max(0, digits - 1 - power)));
    const factor = String(mantissa).replace('-', '−');
    return ({ 1: '', '−1': '−' }[factor] ?? `${factor}·`) + `10${atlas.superscript(power)}`;
  };

  /* A share in per cent, with so many decimals. */
  atlas.percent = (share, decimals = 1) => `${atlas.fixed(100 * share, decimals)} %`;
})();
