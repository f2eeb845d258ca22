import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardFrom } from './board.js';
import { decoderBoard } from './boards/decoder-board.js';
import { meshBoard } from './boards/mesh-board.js';
import { processesBoard } from './boards/processes-board.js';
import { stagesBoard } from './boards/stages-board.js';

/** The dashboards by the names of their files. */
export const dashboards: Readonly<Record<string, Dashboard>> = Object.fromEntries(
  [meshBoard, stagesBoard, decoderBoard, processesBoard].map((board) => [
    `dashboards/${board.uid}.json`,
    dashboardFrom(board),
  ]),
);
