/** What a line of a log says, as far as a cause can be known from it. */
export interface Said {
  /** Our sentence, or the whole of a line that is no JSON. */
  message: string
  /** Of the failure, as `model_auth`. */
  code: string | null
  /** Of the error behind it: its class, its code, its own words. */
  error: string
}

interface Known {
  message?: RegExp
  code?: RegExp
  error?: RegExp
  cause: string
  remedy: string
}

const CODES = (codes: string): RegExp => new RegExp(`^(?:${codes})$`)

/** The first that fits counts: what is more precise stands above. */
const KNOWN: readonly Known[] = [
  {
    error: /ENOSPC|SQLITE_FULL|database or disk is full|no space left/i,
    cause: 'The disk of NETRA_DATA_DIR (or of PostgreSQL) is full.',
    remedy:
      'Free some space or enlarge the disk; Netra goes on by itself. Then set a shorter retention on the Administration page.',
  },
  {
    error: /EMFILE|ENFILE|too many open files/i,
    cause: 'The process may not open more files or sockets.',
    remedy: 'Raise its limit (LimitNOFILE of the unit, ulimit -n) above NETRA_MAX_SOCKETS.',
  },
  {
    error: /EROFS|EACCES|EPERM|attempt to write a readonly database/i,
    cause: 'The process may not write below NETRA_DATA_DIR.',
    remedy: 'Give the folder to the account that Netra runs as; a read-only mount cannot hold it.',
  },
  {
    message: /EADDRINUSE|address already in use/i,
    cause: 'Another process listens on PORT already, most likely an older Netra.',
    remedy: 'Stop it, or set PORT to another one.',
  },
  {
    message: /heap out of memory|^FATAL ERROR: .*memory/i,
    cause: 'The process needed more memory than Node.js may take, and ended.',
    remedy: 'Give it more (NODE_OPTIONS=--max-old-space-size=…), or lower NETRA_MAX_SOCKETS.',
  },
  {
    message: /^the configuration has (?:a )?problems?/i,
    cause: 'The settings are not valid, so the server did not start.',
    remedy: 'netra config check names each of them.',
  },
  {
    message:
      /journal (?:cannot be reached|refuses commits|cannot be opened)|run could not be recorded/,
    error: /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|terminat|connection/i,
    cause: 'PostgreSQL of DATABASE_URL is away or ended its connections.',
    remedy: 'Start it, or look at its own log; Netra takes up what waited by itself.',
  },
  {
    message: /journal is not what was acknowledged|a stream has a fault|snapshot is damaged/,
    cause:
      'The store lost or changed data that it had acknowledged: a disk, a restored copy, or fsync off.',
    remedy: 'Check the disk and how backups are put back; every reader was told by a new epoch.',
  },
  {
    message: /fsync off/,
    cause: 'PostgreSQL acknowledges what it has not written yet.',
    remedy: 'Set fsync = on in postgresql.conf.',
  },
  {
    message: /journal|could not be recorded|store|leases?/i,
    cause: 'The store could not be written or read in time.',
    remedy:
      'Look at the disk or the database (GET /health says what it answers), and how busy it is.',
  },
  {
    code: CODES('model_auth'),
    cause: 'The provider of a model refuses the API key.',
    remedy: 'Check the key on Settings → Models, or its environment variable.',
  },
  {
    code: CODES('model_rate_limited'),
    cause: 'A provider takes no more requests for now, or the account has no credit left.',
    remedy: 'Look at plan and limits there, set NETRA_TOKENS_PER_DAY, or offer another model.',
  },
  {
    code: CODES('model_stalled|model_cut|timeout'),
    cause: "A model's server answers too slowly, falls silent, or its connection breaks.",
    remedy:
      'Look at that server and the network to it; a timeline (GET /api/runs/:id/timeline) shows how long.',
  },
  {
    code: CODES('model_refused'),
    cause: "A model's server is away, unwell, or does not know the model.",
    remedy: 'Press Test on Settings → Models; check the address and that the server runs.',
  },
  {
    code: CODES('out_of_memory'),
    cause: 'The process ran out of memory while it made an answer.',
    remedy: 'Give it more memory, or ask for less at once.',
  },
  {
    code: CODES('interrupted'),
    cause: 'The process ended several times while it made an answer.',
    remedy: 'Find out why it ends: the last lines before each start, and the service manager.',
  },
  {
    code: CODES('tool_failed|budget'),
    cause: 'A run used up what it may take, or its tools failed again and again.',
    remedy:
      'Open its conversation: the tool calls say what they were asked and what they answered.',
  },
  {
    message: /model call failed|another model answers|a model waits/,
    cause: 'Calls of a model fail or take long.',
    remedy: 'Press Test on Settings → Models; GET /api/admin/breakers says which are open.',
  },
  {
    message: /data process ended early|a tool/,
    cause: 'A tool failed: most often a query that needed more memory than it may take.',
    remedy:
      'Ask for less at once; for an error with frames in packages/, report it with its fingerprint.',
  },
  {
    message: /auth service|NETRA_SERVICE_SECRET|sessions? (?:cannot|could not)|signing keys/,
    cause: 'The auth service is away, or does not accept this node.',
    remedy: 'Check AUTH_SERVICE_URL and NETRA_SERVICE_SECRET, and that netra auth runs.',
  },
  {
    message: /account store/,
    cause: 'The store of accounts (auth.db) cannot be read or written.',
    remedy: 'Look at the disk; restore auth.db from a backup if it is damaged.',
  },
  {
    message: /e-mails?/,
    cause: 'The mail server of SMTP_URL does not take e-mails.',
    remedy: 'Check SMTP_URL and the mail server; what waits is sent later.',
  },
  {
    message: /a provider and Netra did not come together/,
    cause: 'Signing in with an outside provider failed.',
    remedy: "Check client id, secret and redirect address at the provider's side.",
  },
  {
    message: /start-up checks failed|people without an account/,
    cause: 'A protection is switched off by a setting.',
    remedy: 'Unset NETRA_BYPASS_STARTUP_CHECKS or NETRA_DEMO where people use this server.',
  },
  {
    message: /a limit was met|locked after too many/,
    cause: 'Somebody asks more often than they may, or guesses passwords.',
    remedy: 'Look at their address; raise NETRA_REQUESTS_PER_MINUTE if they are ordinary people.',
  },
  {
    message: /telemetry cannot be exported/,
    cause:
      'The collector of OTEL_EXPORTER_OTLP_ENDPOINT or the tracker of SENTRY_DSN does not answer.',
    remedy: 'Check its address and that it takes JSON over HTTP; people notice nothing of it.',
  },
  {
    message: /mode of service/,
    cause: 'The server stepped back to a lesser mode, by an operator or by a failure.',
    remedy: 'GET /health says the mode and why.',
  },
  {
    message: /frame|socket/,
    cause: 'A socket was not served as it must be.',
    remedy: 'Look for its trace or connection in the log; report it with its fingerprint.',
  },
  {
    message: /request failed|nobody foresaw|nobody caught|could not be carried out/,
    cause: 'A fault of Netra that nobody foresaw.',
    remedy: 'Report it with its fingerprint and frames; the request or run was ended in order.',
  },
]

const UNKNOWN = {
  cause: 'Nothing in this table: the line itself says what there is to know.',
  remedy: 'Follow its trace id through the log; report it with its fingerprint if it goes on.',
}

/** Undefined: nothing is known of it. */
export const knownCause = ({
  message,
  code,
  error,
}: Said): { cause: string; remedy: string } | undefined =>
  KNOWN.find(
    (known) =>
      (known.message === undefined || known.message.test(message)) &&
      (known.code === undefined || (code !== null && known.code.test(code))) &&
      (known.error === undefined || known.error.test(`${error} ${message}`)),
  )

export const causeOf = (said: Said): { cause: string; remedy: string } => {
  const { cause, remedy } = knownCause(said) ?? UNKNOWN
  return { cause, remedy }
}
