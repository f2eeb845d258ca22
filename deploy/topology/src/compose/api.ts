/** The parts of the Compose Specification that the mesh uses, with its own names. */
export interface ComposeFile {
  name: string;
  services: Record<string, ComposeService>;
}

/** A service of a compose file. */
export interface ComposeService {
  image: string;
  command: string[];
  restart: 'unless-stopped';
  volumes: { type: 'bind'; source: string; target: string; read_only: true }[];
  /** How long the container may take to drain after SIGTERM. */
  stop_grace_period: string;
  read_only: true;
  tmpfs: string[];
  cap_drop: string[];
  security_opt: string[];
  ports?: string[];
  depends_on?: string[];
}
