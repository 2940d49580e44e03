/** Where ECharts draws: one chart of the page in each frame, so that the page can answer in between. */

/** @typedef {import("echarts")} ECharts */
/** @typedef {import("echarts").ECharts} Drawn */
/** @typedef {{ options: Record<string, any>, all: () => Record<string, any>, then?: (chart: Drawn, anew: boolean) => void }} Drawing */

/** @type {Promise<ECharts> | undefined} */
let library;

/** Load the library with the first chart: a page without one need not wait for a megabyte. */
function loadLibrary() {
  library ??= import("echarts");
  return library;
}

/** @type {(() => void)[]} */
const turns = [];

/** Draw once those that asked before have drawn. @param {() => void} draw */
function inTurn(draw) {
  if (turns.push(draw) === 1) requestAnimationFrame(drawNext);
}

function drawNext() {
  try {
    turns[0]();
  } finally {
    turns.shift();
    if (turns.length) requestAnimationFrame(drawNext);
  }
}

/** The canvas of one chart. What is to be drawn while it waits for its turn takes the place of what was before. */
export class Canvas {
  /** @type {Drawn | null} */
  chart = null;
  /** @type {Drawing | null} */
  #wanted = null;
  /** @type {unknown} */
  #shown = null;
  #ended = false;

  /** @param {HTMLElement} target @param {Record<string, (event: any) => void>} on @param {() => void} started called with the first chart */
  constructor(target, on, started) {
    this.target = target;
    this.on = on;
    this.started = started;
    this.observer = new ResizeObserver(() => this.#fit());
  }

  /** Draw soon: `all` makes the options of ECharts, if `options` are others than those that are shown; `then` is called after it. @param {Drawing} drawing */
  draw(drawing) {
    const waits = this.#wanted !== null;
    this.#wanted = drawing;
    this.target.ariaBusy = "true";
    if (!waits) loadLibrary().then((echarts) => inTurn(() => this.#drawNow(echarts)));
  }

  /** Have what is shown drawn anew, with the next drawing. */
  forget() {
    this.#shown = null;
  }

  end() {
    this.#ended = true;
    this.observer.disconnect();
    this.chart?.dispose();
  }

  /** @param {ECharts} echarts */
  #drawNow(echarts) {
    const { options, all, then } = /** @type {Drawing} */ (this.#wanted);
    this.#wanted = null;
    this.target.ariaBusy = null;
    if (this.#ended) return;
    const chart = this.chart ?? this.#start(echarts);
    const anew = options !== this.#shown;
    this.#shown = options;
    if (anew) chart.setOption(all(), { notMerge: true });
    then?.(chart, anew);
  }

  /** @param {ECharts} echarts */
  #start(echarts) {
    this.chart = echarts.init(this.target, null, { renderer: "canvas" });
    for (const [name, listener] of Object.entries(this.on)) this.chart.on(name, listener);
    this.observer.observe(this.target);
    this.started();
    return this.chart;
  }

  /** Draw for another size. The observer tells of the first one too, and of that of a view which has gone: none is drawn for. */
  #fit() {
    const { chart, target } = this;
    if (chart && target.isConnected && (chart.getWidth() !== target.clientWidth || chart.getHeight() !== target.clientHeight)) chart.resize();
  }
}
