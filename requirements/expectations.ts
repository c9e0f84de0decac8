import type { Requirement } from './requirement.ts'

/** What users of comparable products complain about, turned into what Netra must do. */
export const EXPECTATIONS: Record<string, Requirement> = {
  R1: {
    text: 'One writer assigns seq in the same transaction that stores the event. Pub/sub is only a wake-up; the reader always reads from the log by cursor. No reorder buffer, no timeouts',
    tests: [
      'packages/server/src/journal/contract-commit.ts › sequence numbers of a stream are contiguous from 1',
      'packages/server/src/hub/hub.test.ts › commits that race with replay',
    ],
  },
  R2: {
    text: 'Reducer is a pure function of (state, event) that ignores seq ≤ last. Property test: any schedule of disconnects, replays and duplicates gives the byte-identical transcript',
    tests: [
      'packages/protocol/src/fold/fold-law.test.ts › a snapshot and the events after it',
      'packages/client/src/stream-reader.test.ts › events are given once',
    ],
  },
  R3: {
    text: 'A cursor is an integer per thread, never a timestamp and never compared as text; a sub-agent shares its thread’s sequence; the client keeps its cursor across reloads',
    tests: [
      'packages/server/src/journal/contract-commit.ts › sequence numbers of a stream are contiguous from 1',
      'packages/client/src/stream-reader.test.ts › events are given once, in order',
      'tests/team.test.ts › a team that is killed twice goes on',
    ],
  },
  R4: {
    text: 'Explicit frames resumed{from,head}, live{seq}, gap{from,to,reason}; a gap triggers snapshot, never silence',
    tests: ['packages/server/src/hub/hub.test.ts › a position ahead of the head'],
  },
  R5: {
    text: 'Clean close ≠ finished. A run without a terminal event is *unfinished* and the client reconnects; never a success',
    tests: ['packages/client/src/netra-client.test.ts › F19: a clean close is not a finished run'],
  },
  R6: {
    text: 'Replay in bounded pages with flow control; large tool outputs stored once and referenced by id, never inlined in the event bus',
    tests: [
      'packages/server/src/hub/hub.test.ts › F18: 10,000 events behind',
      'packages/server/src/agent/results.test.ts › F92',
    ],
  },
  R7: {
    text: 'Client-generated message id = idempotency key, checked before rate limits; retry returns the same run id',
    tests: ['tests/flow.test.ts › the same message twice is one run'],
  },
  R8: {
    text: 'Runs belong to the server, not to a socket. Reconnect on visibilitychange, online, focus, pageshow; missed-heartbeat watchdog; run errors are events in the log, shown in the thread',
    tests: ['packages/client/src/page-events.test.ts › the network'],
  },
  R9: {
    text: 'Reconnect decision depends on run state, not on the close code; stop only on explicit auth/policy codes',
    tests: [
      'packages/client/src/connection-state.test.ts › every pair of state and event',
      'packages/client/src/netra-client.test.ts › F19: a clean close',
    ],
  },
  R10: {
    text: 'Quiet for <2–3 s, then a small honest status; composer queues to a durable outbox; never "please refresh"',
    tests: ['tests/browser/kept.test.ts › a message written without a connection'],
  },
  R11: {
    text: 'Client is never authoritative: it appends commands; no whole-thread save',
    tests: ['tests/handshake.test.ts › after hello a bad frame is an error'],
  },
  R12: {
    text: 'Outbox + draft in IndexedDB; re-login in place and resend with the same id',
    tests: ['packages/client/src/outbox.test.ts › F37'],
  },
  R13: {
    text: 'Own sliding session, refresh token rotation with reuse grace; app session independent of IdP access-token life; test against a local OP with 60 s tokens',
    tests: ['packages/server/src/auth/session/sessions.test.ts › a refresh token is good once'],
  },
  R14: {
    text: 'A refused credential is told with a code of its own and not tried again and again; a fresh one is taken on the living socket',
    tests: [
      'tests/handshake.test.ts › a missing and a forged token are told',
      'packages/client/src/netra-client.test.ts › F95: after 4006',
    ],
  },
  R15: {
    text: 'Session/role version in DB checked per command; revoke closes sockets in ≤1–2 s on every replica; OIDC back-channel logout endpoint; works without Redis',
    tests: ['tests/handshake.test.ts › logging out closes the sockets'],
  },
  R16: {
    text: 'Token store keyed (user, server), encrypted; single-flight refresh; breaker on refresh failure; MCP sessions never shared between users; no token on cross-origin redirect',
    tests: [
      'tests/mcp-programs.test.ts › each person has a process of their own',
      'packages/server/src/platform/guarded-fetch.test.ts › a redirect to another origin takes no credential',
      'tests/two-processes-agents.test.ts › R16: calls of both that find the token spent at once renew it once',
    ],
  },
  R17: {
    text: 'Every query takes a user scope by construction (type-level), plus DB row policy; resume/subscribe authorizes each thread each time; strict Origin check; credentials by cookie or one-use ticket, never a reusable token in the URL; automated two-user matrix test over every route and frame; same 404 for "not yours" and "absent"',
    tests: ['tests/handshake.test.ts › a foreign stream is as absent'],
  },
  R18: {
    text: 'Admin cannot read chats by default; break-glass access is time-boxed, needs a reason, shown to the user, audited',
    why: 'there is no administrator’s page for people yet; no route gives an administrator another person’s chats',
  },
  R19: {
    text: 'Heartbeat at most 10 s both ways; where an upgrade is refused, streams and long polls on the same cursor at once; no buffering',
    tests: [
      'tests/fallback.test.ts › behind a proxy that refuses upgrades',
      'tests/fallback.test.ts › once upgrades pass again',
    ],
  },
  R20: {
    text: 'Validator streams a timed test pattern and fails if frames are coalesced or reordered',
    why: 'the validator of timed patterns comes with the readiness release',
  },
  R21: {
    text: 'No sticky sessions; interest-based fan-out (a replica hears only threads it has sockets for); Redis optional (Postgres LISTEN/NOTIFY wake-up is enough because the log is the truth)',
    cluster:
      'no node needs its client to come back to it: shown with several nodes behind a balancer',
  },
  R22: {
    text: 'Version every frame, unknown-tolerant readers, N/N-1 rolling upgrade test in CI',
    tests: [
      'packages/protocol/src/parse-server-frame.test.ts › an event of a later version',
      'packages/protocol/src/parse-server-frame.test.ts › a message of a later version',
    ],
  },
  R23: {
    text: 'Liveness/readiness/startup separate; SIGTERM = not ready → server_draining frame with jittered reconnect → hand over runs by lease',
    tests: ['tests/handshake.test.ts › SIGTERM says goaway'],
  },
  R24: {
    text: 'Memory per run is bounded and released at its end; deltas are compacted when a run ends; tool output has a hard cap and spills to storage',
    tests: [
      'packages/server/src/journal/upkeep.test.ts › F72',
      'tests/mcp-calls.test.ts › a result of five megabytes is stored once',
    ],
  },
  R25: {
    text: 'Deltas only; wire bytes ≤ ~1.3× text; bench asserts linearity and bystander p99',
    tests: ['packages/server/src/run/coalescer.test.ts › a hundred pieces a second'],
  },
  R26: {
    text: 'Storage is never awaited inside the provider’s read loop: one queue, coalescing, group commit, then fan-out, so that nobody sees what is not stored',
    tests: ['packages/server/src/run/speech.test.ts › a model must wait while more'],
  },
  R27: {
    text: 'No long task above 50 ms while 10,000 tokens are replayed',
    tests: ['tests/browser/safety.test.ts › the page stays responsive while ten thou'],
  },
  R28: {
    text: 'One abort signal from Stop to provider, MCP notifications/cancelled and child process; terminal event says cancelled (AG-UI outcome), never success',
    tests: [
      'tests/flow.test.ts › Stop ends the run and reaches the model',
      'tests/mcp-calls.test.ts › progress is told while the tool runs, and Stop reaches the server',
      'tests/mcp-programs.test.ts › Stop tells the program that its call was cancelled, and ends it',
    ],
  },
  R29: {
    text: 'Approvals are stored rows with id, expiry, who may answer; answerable from any device or by API; refresh shows them again; each tool has a timeout',
    tests: [
      'tests/run-crash.test.ts › F49, F61',
      'tests/approvals.test.ts › what waits is there after a kill',
      'tests/approvals.test.ts › what nobody answers in seven days is not allowed',
      'tests/two-processes-agents.test.ts › what is asked at one is answered over the other, and the run goes on once',
      'tests/mcp-restart.test.ts › a form of a server %s waits through a kill',
      'tests/browser/approvals.test.ts › a question is on every device and after a reload',
      'packages/server/src/run/question.test.ts › a tool says how long its question stays open',
    ],
  },
  R30: {
    text: 'Breaker per (provider, model, region) and per MCP server; open → fail in <1 s or fall back before the first token; state visible to users, admins, metrics; shared across replicas',
    tests: [
      'packages/server/src/platform/circuit-breaker.test.ts › failures in a row open it',
      'tests/mcp-consent.test.ts › after three failures in a row calls are refused at once',
    ],
  },
  R31: {
    text: 'dvh + visual-viewport keyboard handling, 360 px tests in Playwright WebKit, resume from frozen tab ≤1 s after pageshow, Web Push when a run ends or needs approval',
    tests: ['tests/browser/reach.test.ts › nothing is wider'],
  },
  R32: {
    text: 'Typed config schema, one error list (not first-error), secrets never echoed, doctor exit code for CI, server refuses to serve on a *fatal* finding',
    tests: ['tests/cli.test.ts › a wrong setting stops the start'],
  },
}
