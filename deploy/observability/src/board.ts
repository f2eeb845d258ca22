import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheusSource } from './prometheus-source.js';

/** A dashboard: rows of panels, all of the jobs that the reader chooses. */
export interface Board {
  /** Part of its address in Grafana, and its file name. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly BoardRow[];
}

/** Panels under a heading. */
export interface BoardRow {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

const tag = 'osum-mesh';

/** The dashboard as Grafana imports it: the classic JSON model, which every version since 9 reads. */
export function dashboardFrom({ uid, title, description, rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('OSUM dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('job')
        .label('Job')
        .datasource(prometheusSource)
        .query('label_values(osum_server_active_calls, job)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    );
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  return builder.build();
}
