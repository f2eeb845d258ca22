import { Command } from 'commander';
import { apiKeyCommand } from './commands/api-key.js';
import { benchCommand } from './commands/bench.js';
import { certificatesCommand } from './commands/certificates.js';
import { convertCommand } from './commands/convert.js';
import { doctorCommand } from './commands/doctor.js';
import { evalCommand } from './commands/eval.js';
import { interpretCommand } from './commands/interpret.js';
import { serveCommand } from './commands/serve.js';
import { understandCommand } from './commands/understand.js';
import { upCommand } from './commands/up.js';

/** The `osum` command with all its subcommands. Failures are thrown, not exited on. */
export function createOsumCommand(): Command {
  const osum = new Command('osum')
    .description('OSUM-Pangu speech understanding as a mesh of gRPC services.')
    .helpCommand(false)
    .showHelpAfterError('(osum --help lists the commands)')
    .exitOverride();
  for (const command of [
    upCommand(),
    serveCommand(),
    understandCommand(),
    interpretCommand(),
    evalCommand(),
    benchCommand(),
    convertCommand(),
    certificatesCommand(),
    apiKeyCommand(),
    doctorCommand(),
  ]) {
    osum.addCommand(command.exitOverride());
  }
  return osum;
}
