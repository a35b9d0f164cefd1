// The drawing of candles, volume below them, and marks on bars that the provider changed later.
import {
  CandlestickSeries, ColorType, createChart, createSeriesMarkers, CrosshairMode, HistogramSeries,
  type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi, type Time, type UTCTimestamp,
} from 'lightweight-charts';

import { colour, on_theme } from './theme.js';
import type { Bar } from './types.js';
import { clock_seconds } from './zone.js';

export class Candles {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private bars: readonly Bar[] = [];
  private zone = 'UTC';

  constructor(element: HTMLElement, pointed: (bar: Bar | null) => void) {
    // The logo would need a style element, which the page's policy refuses: the notice stands below the chart instead.
    this.chart = createChart(element, { autoSize: true, layout: { attributionLogo: false } });
    this.candles = this.chart.addSeries(CandlestickSeries, { priceLineVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, { priceFormat: { type: 'volume' }, priceScaleId: 'volume',
      lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
    this.marks = createSeriesMarkers(this.candles, []);
    this.chart.subscribeCrosshairMove((event) => pointed(event.logical === undefined ? null : (this.bars[event.logical] ?? null)));
    on_theme(() => this.dress());
    this.dress();
  }

  show(bars: readonly Bar[], zone: string, has_clock: boolean, fit: boolean): void {
    this.bars = bars;
    this.zone = zone;
    this.chart.timeScale().applyOptions({ timeVisible: has_clock, secondsVisible: false });
    const digits = bars.some((bar) => bar.close < 1) ? 4 : 2;
    this.candles.applyOptions({ priceFormat: { type: 'price', precision: digits, minMove: 10 ** -digits } });
    this.draw();
    if (fit) this.chart.timeScale().fitContent();
  }

  private draw(): void {
    const time = (bar: Bar): UTCTimestamp => clock_seconds(this.zone, bar.ts) as UTCTimestamp;
    const [up, down] = [colour('--up-soft'), colour('--down-soft')];
    this.candles.setData(this.bars.map((bar) => ({ time: time(bar), open: bar.open, high: bar.high, low: bar.low, close: bar.close })));
    this.volume.setData(this.bars.map((bar) => ({ time: time(bar), value: bar.volume, color: bar.close >= bar.open ? up : down })));
    this.marks.setMarkers(this.bars.filter((bar) => bar.revised).map((bar) => ({
      time: time(bar), position: 'aboveBar', shape: 'circle', color: colour('--revised'), text: 'R', size: 0.6,
    })));
  }

  private dress(): void {
    const line = colour('--line');
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: colour('--paper') }, textColor: colour('--ink-quiet'),
        fontFamily: 'system-ui, sans-serif' },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: { mode: CrosshairMode.Normal },
    });
    const [up, down] = [colour('--up'), colour('--down')];
    // Hollow and filled: the direction is seen without colours.
    this.candles.applyOptions({ upColor: colour('--paper'), downColor: down, borderUpColor: up, borderDownColor: down,
      wickUpColor: up, wickDownColor: down });
    this.draw();
  }
}
