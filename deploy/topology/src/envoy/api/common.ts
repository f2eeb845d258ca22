/**
 * The parts of Envoy's v3 API that the mesh uses, with Envoy's own names, so that its reference documentation applies. What Envoy
 * would default to something that breaks a stream is required here. `envoy --mode validate` is the judge of the rest.
 */

/** A duration in protobuf's JSON form. */
export type Duration = `${number}s`;

/** `1500` to `1.5s`. */
export function durationFromMs(ms: number): Duration {
  return `${ms / 1000}s`;
}

/** A message in an Any: its type and its fields. */
export type Typed<Type extends string, Fields> = { '@type': `type.googleapis.com/${Type}` } & Fields;

/** `envoy.config.core.v3.Address` */
export interface Address {
  socket_address: { address: string; port_value: number };
}

/** `envoy.config.core.v3.DataSource`, of a file. */
export interface FileSource {
  filename: string;
}

/** `envoy.config.core.v3.HeaderValueOption` */
export interface HeaderValueOption {
  header: { key: string; value: string };
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' | 'APPEND_IF_EXISTS_OR_ADD' | 'ADD_IF_ABSENT';
}

/** `envoy.type.matcher.v3.StringMatcher` */
export type StringMatcher = { exact: string } | { prefix: string } | { safe_regex: { regex: string } };

/** `envoy.config.core.v3.KeepaliveSettings`: pings that find a peer which vanished without closing. */
export interface KeepaliveSettings {
  interval: Duration;
  timeout: Duration;
}

/** `envoy.config.core.v3.Http2ProtocolOptions` */
export interface Http2ProtocolOptions {
  max_concurrent_streams: number;
  initial_stream_window_size: number;
  initial_connection_window_size: number;
  connection_keepalive: KeepaliveSettings;
}
