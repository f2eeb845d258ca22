/** The data source that the reader of a dashboard chooses. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
export const prometheusSource = { type: 'prometheus', uid: '${datasource}' };
