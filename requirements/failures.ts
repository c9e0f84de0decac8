import type { Requirement } from './requirement.ts'

/** What delivery must survive: failures reported against systems that do this job. */
export const FAILURES: Record<string, Requirement> = {
  F1: {
    text: 'message accepted, no token yet; client drops and reconnects: hello resumes, sees run_accepted, later tokens; status never "ready"',
    tests: [
      'tests/resume.test.ts › F1: dropped between ok and the first token, a device resumes and sees all that follows',
    ],
  },
  F2: {
    text: 'send in flight; socket dies at the very instant of run_accepted: run still proceeds to a terminal; not stuck queued',
    tests: [
      'packages/server/src/run/take-over.test.ts › F2, F53: a run that was accepted and never begun is found',
    ],
  },
  F3: {
    text: 'tool result posted, continuation coalescing 50 ms; client asks to resume in that window: it is held for the coming stream, not told "none"',
    tests: [
      'tests/resume.test.ts › F3: a device that comes back between a tool and what follows it gets what follows',
    ],
  },
  F4: {
    text: 'no active run; resume requested: explicit live at once, not a 5 s timeout',
    tests: [
      'tests/resume.test.ts › F4: resuming where nothing runs is answered with live, and nothing else',
    ],
  },
  F5: {
    text: 'client connected, never received an event; reconnect: recovery works from seq 0',
    tests: [
      'packages/client/src/failures.test.ts › F5: a client that never received an event recovers from the beginning',
      'tests/http-events.test.ts › F5: who never received anything is given everything',
    ],
  },
  F6: {
    text: 'resumed with cursor P; link drops again before any event: next resume still sends P',
    tests: [
      'packages/client/src/failures.test.ts › F6: cut again before any event came, the next resume sends the same position',
      'tests/http-events.test.ts › F6: a reader cut off before any event, or after some, goes on from its last id',
    ],
  },
  F7: {
    text: 'one successful recovery; offline/online again with no traffic: zero events replayed (cursor advanced by replayed events)',
    tests: [
      'packages/client/src/failures.test.ts › F7: what was replayed has moved the cursor: the next resume asks for nothing again',
    ],
  },
  F8: {
    text: 'recovery succeeded once and old socket lingers; second drop: still recovers; old socket superseded (4506)',
    tests: [
      'tests/socket-abuse.test.ts › F8, F43: a page that comes again and again takes its own place, and nothing is doubled',
      'tests/handshake.test.ts › a newer socket of the same page',
    ],
  },
  F9: {
    text: 'idle client connected for hours on a quiet thread while others are busy; brief drop: recovers (window counts per stream, not globally)',
    tests: [
      'tests/resume.test.ts › F9: a device of a quiet thread resumes by replay however busy other threads were',
    ],
  },
  F10: {
    text: 'server SIGKILLed (no graceful save); client lands on another node: resumes; nothing depends on disconnect-time state',
    tests: [
      'tests/resume.test.ts › F10, F33: after SIGKILL a device resumes, and the same message is answered as before',
      'tests/two-processes.test.ts › F10: after SIGKILL of one process its positions are good at the other, and the run ends there',
      'tests/verify-delivery.test.ts › F10, F33, F89: through single bytes, resets, a stop and a kill nothing is lost, and the table says so',
    ],
  },
  F11: {
    text: 'reconnect < 50 ms after connect; resume: succeeds (session state written before welcome)',
    tests: [
      'tests/resume.test.ts › F11: whoever comes back within milliseconds, again and again, misses nothing',
    ],
  },
  F12: {
    text: '1,000 clients offline 60 s, busy server; all reconnect: each reads only its own streams (cost ∝ its backlog)',
    tests: [
      'tests/socket-abuse.test.ts › F12, F93: many who come back at once each read their own stream, and nothing else',
    ],
  },
  F13: {
    text: 'run finishes between "is it active?" check and attach; client attaches: gets final state, not null/hang',
    tests: ['tests/resume.test.ts › F13: whoever subscribes while a run ends learns of its end'],
  },
  F14: {
    text: 'client joins mid text-part (start event older than cursor); delta arrives: snapshot first; no "unknown part" exception loop',
    tests: ['packages/server/src/hub/hub.test.ts › far behind is a snapshot'],
  },
  F15: {
    text: 'subscription made with filter/subgraph options; rejoin: same filter restored from server state',
    why: 'a subscription has no options: it is a stream and a position',
  },
  F16: {
    text: "cursor with unknown epoch, expired seq, other user's stream, seq > head, negative, 2⁵³, garbage; resume: defined answer (reset/snapshot/denied/4500), never 500, never silent start",
    tests: [
      'tests/http-events.test.ts › F16: whatever is claimed as a position has a defined answer',
    ],
  },
  F17: {
    text: 'flaky link; 20 reconnects/s overlap their handshakes: one resume at a time per client; no undefined-state crash',
    tests: [
      'packages/client/src/failures.test.ts › F17: however often the network comes back meanwhile, one hello is said at a time',
    ],
  },
  F18: {
    text: '10,000-event backlog; resume: ≤ 1 s, memory ≤ window, snapshot or paged, live events continue contiguous',
    tests: [
      'packages/server/src/hub/hub.test.ts › F18: 10,000 events behind, a reader gets one snapshot and then each event that follows',
    ],
  },
  F19: {
    text: 'upstream proxy hard-cuts at 120 s with a clean end; no terminal event was seen: client treats as drop and resumes',
    tests: [
      'packages/client/src/http-socket/http-transport.test.ts › F19: a response that ends, cleanly or not, is asked for again from where it was',
      'packages/client/src/netra-client.test.ts › F19: a clean close is not a finished run: the client comes back',
    ],
  },
  F20: {
    text: 'replay running; live publish on same stream: strictly contiguous, no dup, no reorder',
    tests: [
      'packages/server/src/hub/lost-places.test.ts › F21, F20: two streams replayed at once while both are written leave no hole and hold up nobody',
    ],
  },
  F21: {
    text: 'two recoverable streams in one hello; publishes hit both during replay: no deadlock; other subscribers never wait for a subscribing client',
    tests: [
      'packages/server/src/hub/lost-places.test.ts › F21, F20: two streams replayed at once while both are written leave no hole and hold up nobody',
    ],
  },
  F22: {
    text: 'server offers resume from two code paths; client acks both: text rendered once',
    tests: [
      'packages/client/src/failures.test.ts › F22: resumed on two paths at once, the text is there once',
    ],
  },
  F23: {
    text: 'handler for event N unsubscribes+subscribes; replay: N not delivered again',
    tests: [
      'packages/client/src/failures.test.ts › F23: who leaves and joins again while handling an event does not get it again',
    ],
  },
  F24: {
    text: 'many events in one millisecond; resume at any of them: none lost/dup; comparison numeric',
    tests: [
      'tests/resume.test.ts › F24: a resume at any event of many made at once goes on with the next number',
    ],
  },
  F25: {
    text: 'append suppressed as stale version; next append: seq has no phantom hole',
    tests: [
      'packages/server/src/journal/contract-commit.ts › of commits made at once, those behind',
    ],
  },
  F26: {
    text: 'two PG transactions T1(seq n) slow, T2(seq n+1) fast; pollers read between commits: nobody skips n',
    tests: [
      'packages/server/src/hub/lost-places.test.ts › F26: what another process appends is heard through the journal',
      'packages/server/src/journal/postgres/two-nodes.test.ts › F26: nobody who reads while two nodes append ever skips a number',
    ],
  },
  F27: {
    text: 'subscriber channel overflows on node; later event delivered: client told of the hole (4005/reset), cursor never passes dropped ids',
    tests: [
      'packages/server/src/hub/fan-out.test.ts › F27: when commits come faster than they are handed on, the journal is read instead',
      'packages/server/src/hub/lost-places.test.ts › F27: a hole in what is read is told, and the cursor does not pass it',
    ],
  },
  F28: {
    text: 'ack(120) then delayed ack(90), ack(10⁶); processed: 90 ignored; 10⁶ 4500; no data deleted',
    tests: [
      'packages/server/src/hub/delivery-tracker.test.ts › F28: an older acknowledgement is late, one of what was not sent is impossible',
      'tests/delivery.test.ts › F28: an acknowledgement of what was not sent closes with 4500, a late one changes nothing',
    ],
  },
  F29: {
    text: 'emoji/CJK split over provider chunks and over coalescer flush; streamed, replayed, snapshotted: byte-identical text, every frame well-formed',
    tests: [
      'packages/server/src/run/coalescer.test.ts › F29: any text in any pieces at any pace comes out whole, and no surrogate pair is split',
      'packages/server/src/run/speech.test.ts › F29: a text that came at once is cut into deltas, never through a surrogate pair',
    ],
  },
  F30: {
    text: 'rejoin/leave/rejoin within one tick; server handles: last wins, one subscription, no endless "already joined"',
    tests: [
      'packages/client/src/failures.test.ts › F30: left and joined within one tick, the last wish wins, and what belongs to the first is ignored',
      'tests/socket-abuse.test.ts › F30: subscribe, leave and subscribe in one tick is one subscription, the last one',
    ],
  },
  F31: {
    text: 'concurrent subscribe/unsubscribe/close storm; settled: hub tables empty, no leaked entry',
    tests: [
      'packages/server/src/gateway/fallback/event-request.test.ts › F31: what ends before its stream was found leaves nothing behind',
      'packages/server/src/hub/lost-places.test.ts › F31: a storm of subscribing and ending leaves nothing behind',
    ],
  },
  F32: {
    text: 'subscriber disconnects while its stream is being loaded/unloaded (debounced unload); reconnect: updates not swallowed by a dead instance',
    tests: [
      'tests/resume.test.ts › F32: sockets that vanish while their stream is opened take nothing from those that stay',
    ],
  },
  F33: {
    text: 'ok lost; client retries same client_message_id (same or other node, after restart): one message, one run, same pos, dup:true',
    tests: [
      'packages/server/src/command/command.test.ts › F33: messages that race into one thread have the same position in every answer',
      'packages/server/src/command/idempotency.test.ts › F33, F34: what was accepted gets its first answer again, also from who may send nothing more',
      'tests/resume.test.ts › F10, F33: after SIGKILL a device resumes, and the same message is answered as before',
      'tests/verify-delivery.test.ts › F10, F33, F89: through single bytes, resets, a stop and a kill nothing is lost, and the table says so',
    ],
  },
  F34: {
    text: 'same client_message_id, different payload: error conflict, no run',
    tests: [
      'packages/server/src/command/idempotency.test.ts › F33, F34: what was accepted gets its first answer again, also from who may send nothing more',
    ],
  },
  F35: {
    text: 'outcome unknown (timeout); user presses resend: same client_message_id reused',
    tests: [
      'packages/client/src/outbox.test.ts › F35: what expired is sent again when the person says so, with the same client_message_id',
    ],
  },
  F36: {
    text: 'double click / React StrictMode double effect / two tabs send at once: two distinct client_message_ids ⇒ defined policy (queue or reject), never interleaved output',
    tests: [
      'packages/server/src/run/take-over.test.ts › F36: two messages sent at once to one thread at two nodes are answered one after the other',
    ],
  },
  F37: {
    text: 'messages queued offline; reconnect: sent in order, once, after welcome, expired ones rejected',
    tests: [
      'packages/client/src/outbox.test.ts › F37: messages written offline go out after the welcome, in order, and not what has expired',
    ],
  },
  F38: {
    text: 'dedupe record exists but event deleted/compacted; retry: still dup, not blocked forever',
    tests: [
      'packages/server/src/command/idempotency.test.ts › F38: a duplicate is known as one after the events of the first were removed',
    ],
  },
  F39: {
    text: 'broker dedupe hit; the next new publish with expected-seq: succeeds first try',
    tests: [
      'tests/resume.test.ts › F39, F44: after a duplicate the next message is taken at once, and no message is there twice',
    ],
  },
  F40: {
    text: 'cancel races with completion / arrives before run is located: exactly one terminal; cancel not lost',
    tests: [
      'packages/server/src/run/approval.test.ts › F40: a run that is stopped while it waits ends once, and its question is closed',
      'packages/server/src/run/approval.test.ts › F40: a stop that comes in the moment in which a run begins to wait is not lost',
      'packages/server/src/run/take-over.test.ts › F40: a stop that races with the end of a run leaves one terminal event, whichever came first',
      'packages/server/src/run/take-over.test.ts › F40: a stop that arrives before anybody runs the run is not lost',
      'tests/run-crash.test.ts › F49, F40: killed while the end is told: the terminal event',
      'tests/take-over.test.ts › F40: a run is stopped from another process than the one that runs it',
    ],
  },
  F41: {
    text: 'tab A streaming, tab B opens: B sees full text so far then live; A undisturbed',
    tests: ['tests/flow.test.ts › a second device sees the same events'],
  },
  F42: {
    text: 'user approves on phone while laptop offline; laptop resumes: sees decision; second decision rejected by fence',
    tests: [
      'packages/server/src/run/approval.test.ts › F42: the first decision holds, wherever it is taken; a later one and an older fence are refused',
      'tests/two-processes-agents.test.ts › of two answers at the same instant one counts, and the other hears which',
    ],
  },
  F43: {
    text: 'same inst reconnects while old socket is half-open: old closed 4506, events not doubled',
    tests: [
      'tests/http-events.test.ts › F43: what a page asks for anew takes the place of what it asked before',
      'tests/socket-abuse.test.ts › F8, F43: a page that comes again and again takes its own place, and nothing is doubled',
    ],
  },
  F44: {
    text: 'optimistic client copy of in-flight assistant message; submitted again: no duplicate row; server id wins',
    tests: [
      'tests/resume.test.ts › F39, F44: after a duplicate the next message is taken at once, and no message is there twice',
    ],
  },
  F45: {
    text: 'terminal outcome occurs with zero devices online; device returns later (and a second one): both learn it, through the stream',
    tests: [
      'tests/resume.test.ts › F45: an end that nobody was there to see is learnt by each device that comes later',
    ],
  },
  F46: {
    text: 'stream errored after partial text; reconnect: partial text and error',
    tests: [
      'packages/server/src/journal/upkeep.test.ts › F46: ten minutes after its end a run has no deltas, but the text that broke off',
      'tests/resume.test.ts › F46: what was said before a failure stays, with the failure, for whoever comes later',
    ],
  },
  F47: {
    text: 'device at connection limit; 21st socket: 4504 terminal, others untouched, no stampede',
    tests: ['tests/handshake.test.ts › at the connection limit'],
  },
  F48: {
    text: 'run streaming on node 1; SIGKILL node 1: node 2 takes lease < 20 s, run_attempt 2, clients keep order, superseded step output removed, one terminal',
    tests: [
      'packages/server/src/run/take-over.test.ts › F48, F53: the run of an owner that was killed is taken over within 20 s and ends once',
      'tests/take-over.test.ts › F48: after SIGKILL of the owner another process goes on with the run within 20 s',
    ],
  },
  F49: {
    text: 'kill before first chunk / in text / in reasoning / in tool input / after tool output / in continuation / in terminal handling (7 tests): transcript has no dup/lost settled tool result',
    tests: [
      'packages/server/src/agent/resume.test.ts › F49: a tool with side effects that had begun waits for a person, and is never run on its own',
      'tests/run-crash.test.ts › F49: killed before the first chunk',
      'tests/run-crash.test.ts › F49, F59: killed in the text',
      'tests/run-crash.test.ts › F49: killed in the reasoning',
      'tests/run-crash.test.ts › F49: killed in the arguments of a tool',
      'tests/run-crash.test.ts › F49, F50: killed after the output of a tool: it is not run again',
      'tests/run-crash.test.ts › F49: killed in the continuation',
      'tests/run-crash.test.ts › F49, F40: killed while the end is told: the terminal event',
      'tests/run-crash.test.ts › F49, F61: a tool with side effects has never had them before it is stored that it began',
      'tests/run-crash.test.ts › F49, F61: a tool with side effects whose outcome was not stored asks a person:',
    ],
  },
  F50: {
    text: 'tool finished, chunk batch not flushed; kill: tool is not re-executed',
    tests: [
      'packages/server/src/run/take-over.test.ts › F50, F62: a take-over goes on after the last complete step, and does none again',
      'tests/run-crash.test.ts › F49, F50: killed after the output of a tool: it is not run again',
      'tests/run-crash.test.ts › F50: a repeatable tool whose outcome was not stored is run again, visibly',
    ],
  },
  F51: {
    text: 'worker paused (SIGSTOP) past its lease, then resumed; it writes/heartbeats/releases: all rejected by fence even with the same worker name',
    tests: [
      'packages/server/src/journal/postgres/two-nodes.test.ts › F51: nothing of an older fence is committed once another node took the run over',
      'packages/server/src/journal/postgres/two-nodes.test.ts › F51: a process that is paused inside its transaction loses it, and others go on',
      'packages/server/src/run/lease.test.ts › F51: a lease that lapsed unseen takes no later renewal',
      'packages/server/src/run/take-over.test.ts › F51: an owner that was paused past its lease writes nothing more when it wakes',
      'packages/server/src/run/take-over.test.ts › F51: an owner that slept, and whose clock slept with it, is refused by the fence',
      'tests/take-over.test.ts › F51: an owner that stood still past its lease writes nothing when it wakes, and serves on',
    ],
  },
  F52: {
    text: 'lease released and re-granted repeatedly: fence strictly increases (never reset)',
    tests: [
      'packages/server/src/run/lease.test.ts › F52: nothing leads back to a lease that was let go: who goes on has a higher fence',
      'packages/server/src/run/take-over.test.ts › F52: each owner has a higher fence than all before, also where a lease was given up in order',
    ],
  },
  F53: {
    text: 'worker dies in running: sweeper finds it; never stuck without lease',
    tests: [
      'packages/server/src/run/take-over.test.ts › F48, F53: the run of an owner that was killed is taken over within 20 s and ends once',
      'packages/server/src/run/take-over.test.ts › F2, F53: a run that was accepted and never begun is found',
    ],
  },
  F54: {
    text: 'lease expired while checkpointing: checkpoint refused',
    tests: [
      'packages/server/src/run/lease.test.ts › F54: an owner that could not renew stops three seconds before its lease can end',
      'packages/server/src/run/take-over.test.ts › F54, F77: an owner that cannot reach the store stops model and tools after 12 s, before its lease ends',
    ],
  },
  F55: {
    text: 'deploy every 60 s during a 2 h run: run finishes; budget keyed to progress; each deploy = one attempt (debounced)',
    tests: [
      'packages/server/src/run/tries.test.ts › F55: a run goes on through any number of orderly restarts, each one attempt at once',
      'packages/server/src/run/tries.test.ts › F55: what has not begun when its node shuts down is taken up elsewhere at once',
      'packages/server/src/run/tries.test.ts › F55: an attempt that completed a step does not count, however often its process dies',
      'tests/take-over.test.ts › F55: a process that is shut down hands its runs over at once',
      'tests/drain.test.ts › SIGTERM on SQLite: not ready at once, sockets sent away over a while, short answers ended, the long one gone on with (F55, F93)',
    ],
  },
  F56: {
    text: 'one-shot recovery job fires on a node being replaced: not consumed; retried',
    tests: [
      'packages/server/src/run/take-over.test.ts › F56: a take-over whose node dies as well is done by the next one',
    ],
  },
  F57: {
    text: "run whose context OOMs the process: ≤ 3 tries, sealed out_of_memory, other users' runs recover",
    tests: [
      'packages/server/src/run/tries.test.ts › F57, F60: a run that kills its process is tried again and then ended, the others go on (of memory:',
    ],
  },
  F58: {
    text: 'provider stream hangs silently: stall watchdog bounded recovery terminal',
    tests: [
      'packages/server/src/agent/model/failures.test.ts › F58: silence before the first byte is tried once more, then ends with model_stalled',
      'packages/server/src/agent/model/failures.test.ts › F58: a model that is silent once and answers then is heard',
      'packages/server/src/agent/model/failures.test.ts › F58: a stream that lives by its pings alone is stalled all the same',
      'packages/server/src/agent/model/failures.test.ts › F58: silence in the middle ends with model_stalled after what was said',
    ],
  },
  F59: {
    text: 'recovered chunks without message id: become their own message, never appended to the previous one',
    tests: ['tests/run-crash.test.ts › F49, F59: killed in the text'],
  },
  F60: {
    text: 'retries exhausted: terminal failed journaled before seal; UI leaves "streaming"',
    tests: [
      'packages/server/src/run/tries.test.ts › F57, F60: a run that kills its process is tried again and then ended, the others go on (of memory:',
    ],
  },
  F61: {
    text: 'waiting for human approval for 3 days incl. restarts: still parked, no budget burnt',
    tests: [
      'packages/server/src/run/approval.test.ts › F61: a run that waits for a person is owned by nobody and stays so through restarts and days',
      'packages/server/src/run/state.test.ts › F61: a run that waits for a person is started by nobody',
      'tests/run-crash.test.ts › F49, F61: a tool with side effects has never had them before it is stored that it began',
      'tests/run-crash.test.ts › F49, F61: a tool with side effects whose outcome was not stored asks a person:',
    ],
  },
  F62: {
    text: 'retry lands with a fresh step id: detected (test fails) — would double-publish',
    tests: [
      'packages/server/src/run/take-over.test.ts › F50, F62: a take-over goes on after the last complete step, and does none again',
    ],
  },
  F63: {
    text: 'acked events; power loss (drop un-fsynced pages): all acked events present or epoch changed',
    tests: [
      'packages/server/src/journal/contract-crash.ts › every acknowledged event survives',
      'packages/server/src/journal/sqlite/start.test.ts › a mark torn in its last write',
    ],
  },
  F64: {
    text: 'journal; truncate at every byte of the last record: valid prefix restored, next append works',
    tests: [
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F64: an end that is gone is told, and the stream goes on behind its head',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F64: an end that is gone is found at a start',
      'packages/server/src/journal/sqlite/damage.test.ts › F64: a truncation is noticed wherever it is',
    ],
  },
  F65: {
    text: 'journal; flip one bit anywhere: detected; reset+alarm; never a silent shorter log',
    tests: [
      'packages/server/src/journal/contract-removal.ts › F65: is told, not left out: a new epoch, an alarm, and the rest goes on',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F65: of an event that nobody reads is found by the scrub',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F65: an event that was exchanged together with its hash breaks the chain',
      'packages/server/src/journal/sqlite/damage.test.ts › F65: a flipped bit is noticed wherever it is',
    ],
  },
  F66: {
    text: 'snapshot/metadata file corrupt: never concludes "orphan delete stream"',
    tests: [
      'packages/server/src/hub/stored-snapshots.test.ts › F66: a stored snapshot that is damaged is ignored and made anew',
      'packages/server/src/journal/sqlite/damage.test.ts › F66: of journal.mark, which never takes anything away',
    ],
  },
  F67: {
    text: 'ENOSPC for 3 commits, then space freed: failed appends were reported failed and stay absent; later ones survive restart',
    tests: ['tests/attack-disk.test.ts › a full disk is told'],
  },
  F68: {
    text: 'read-only remount / EIO on fsync: node stops accepting, 4009, no in-memory-only success',
    tests: [
      'packages/server/src/journal/sqlite/reopen.test.ts › F68: after a failed sync the store is opened anew, checked, and takes commits again',
      'packages/server/src/journal/sqlite/storage-failure.test.ts › F68: after a write error the journal takes nothing more, and keeps what it acknowledged',
      'packages/server/src/journal/sqlite/writer.test.ts › F68: after one failed sync the same handle writes nothing more, though the disk would',
    ],
  },
  F69: {
    text: "restore of yesterday's backup; clients return with newer cursors: epoch bump, reset, snapshot; no event of old epoch mixed",
    tests: [
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F69: is noticed at a start, also when others have written more since',
      "packages/server/src/journal/sqlite/start.test.ts › F69: yesterday's database under today's mark gets a new epoch, once",
    ],
  },
  F70: {
    text: 'crash during large initial load: stream not "exists but empty"',
    tests: [
      'packages/server/src/journal/contract-crash.ts › every acknowledged event survives',
      'packages/server/src/journal/sqlite/start.test.ts › a folder where the first start',
    ],
  },
  F71: {
    text: 'recovered 5× in a row without writes: idempotent, byte-identical',
    tests: [
      'packages/server/src/journal/sqlite/damage.test.ts › F71: opened five times in a row without writes, the files stay byte for byte',
    ],
  },
  F72: {
    text: 'one-off chat then idle forever: buffers reclaimed by timer, not by next use',
    tests: ['packages/server/src/journal/upkeep.test.ts › F72: nobody has to come by for it'],
  },
  F73: {
    text: 'PG failover to async replica missing last 200 ms: epoch bump for affected streams (hwm in clients > head)',
    tests: [
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F73: is noticed by the next commit, which goes on under a new epoch',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F73: is noticed by whoever asks for the head',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F73: a client whose position is beyond the head of the same epoch is ahead',
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F73: a server that comes back with less begins a new epoch before anything is written',
    ],
  },
  F74: {
    text: 'history trimmed while a client is 1 event behind the trim point: snapshot; contiguous afterwards',
    tests: [
      'packages/server/src/hub/lost-places.test.ts › F74: what is compacted under a reader becomes a snapshot, and it goes on without a hole',
      'packages/server/src/journal/contract-removal.ts › F74: one event behind the trim point is a snapshot, from there on a range',
    ],
  },
  F75: {
    text: 'broker down 30 s, journal up: sends succeed, other-node devices see events ≤ 2 s (poll); no loss after recovery',
    cluster: 'needs a broker beside the store',
  },
  F76: {
    text: 'node partitioned from broker but not PG: same as 75',
    cluster: 'needs a broker beside the store',
  },
  F77: {
    text: 'node partitioned from PG only: 4009, its leases expire, other node takes over, it self-fences',
    tests: [
      'packages/server/src/journal/postgres/lost-and-damaged.test.ts › F77: commits are refused with the reason, and go on by themselves when it is back',
      'packages/server/src/run/take-over.test.ts › F54, F77: an owner that cannot reach the store stops model and tools after 12 s, before its lease ends',
    ],
  },
  F78: {
    text: 'broker drops/duplicates/reorders 5 % of hints: invisible to clients',
    cluster: 'needs a broker whose hints can be lost',
  },
  F79: {
    text: 'broker restarts, consumer silently dead: heartbeat/poll notices ≤ 2 s',
    cluster: 'needs a broker that restarts',
  },
  F80: {
    text: 'last local subscriber leaves stream A: subscription of stream B on the same connection survives',
    why: 'there is no shared broker connection yet: each stream is followed by its own name',
  },
  F81: {
    text: 'cable pulled / Wi-Fi AP switch: server frees socket ≤ 35 s, client notices ≤ 35 s (≤ 5 s on online)',
    tests: ['packages/client/src/heartbeat.test.ts › a silent socket is pinged'],
  },
  F82: {
    text: 'proxy idle timeout 60 s (nginx) / 100 s; agent thinks silently for 10 min: connection lives',
    tests: ['packages/client/src/heartbeat.test.ts › a silent socket is pinged after 10 s'],
  },
  F83: {
    text: 'background tab 10 min: no false disconnect, or clean resume',
    tests: [
      'packages/client/src/failures.test.ts › F83: a tab held back for ten minutes asks before it judges, and keeps its socket',
    ],
  },
  F84: {
    text: 'laptop sleeps 2.5 min / 2 days: on wake resume or snapshot; continuity flag correct',
    tests: ['packages/client/src/failures.test.ts › F84: after'],
  },
  F85: {
    text: 'missed pong on old socket; new socket opens: first heartbeat sent before judging',
    tests: [
      'packages/client/src/failures.test.ts › F85: a new socket is judged by its own silence, not by that of the one before',
    ],
  },
  F86: {
    text: 'resume rejected/bricked session: falls back to fresh hello within N tries',
    tests: [
      'packages/client/src/failures.test.ts › F86: a hello whose resume is never welcomed is said without one after three times',
      'packages/client/src/failures.test.ts › F86: a position that ends the connection each time is given up, and the stream read anew',
    ],
  },
  F87: {
    text: 'write deadline armed for a ping: cleared; next write works',
    why: 'no deadline is armed for a write: a peer that does not read is ended by its acknowledgements',
  },
  F88: {
    text: 'socket closes mid-replay: no unhandled send after close',
    tests: [
      'packages/client/src/failures.test.ts › F88: a socket that closes in the middle of a replay, or a client that does, sends nothing after',
      'tests/socket-abuse.test.ts › F88: sockets that go away in the middle of a replay leave the server as it was',
    ],
  },
  F89: {
    text: 'frames sliced to 1-byte TCP segments / 50 KB/s / RST at random byte: protocol intact',
    tests: [
      'tests/verify-delivery.test.ts › F10, F33, F89: through single bytes, resets, a stop and a kill nothing is lost, and the table says so',
    ],
  },
  F90: {
    text: 'client stops reading: ≤ window bytes queued, other clients unaffected, 4004 in 30 s, resume works',
    tests: [
      'packages/server/src/gateway/fallback/event-request.test.ts › F90: a reader that takes nothing for 30 s is ended, one that takes a little is not',
      'packages/server/src/hub/fan-out.test.ts › F90: a listener whose window is shut keeps nobody else from anything',
      'packages/server/src/hub/lost-places.test.ts › F90: no snapshot is sent to a reader whose window is shut',
    ],
  },
  F91: {
    text: 'client reads at 1 KB/s during a 2 MB answer: gets snapshots/coalesced text, ends with correct text',
    tests: [
      'tests/resume.test.ts › F91: a device that reads a long answer slowly ends with all of its text',
    ],
  },
  F92: {
    text: 'tool output 5 MB: stored by reference; frame ≤ 256 KB; no 1009',
    tests: [
      'packages/server/src/agent/results.test.ts › F92: a large table is stored once and its first rows stand for it',
    ],
  },
  F93: {
    text: '5,000 clients drop at once (deploy): all live ≤ 10 s at ≥ 1k resumes/s, no accept-queue loss',
    tests: [
      'tests/socket-abuse.test.ts › F12, F93: many who come back at once each read their own stream, and nothing else',
      'tests/drain.test.ts › SIGTERM on SQLite: not ready at once, sockets sent away over a while, short answers ended, the long one gone on with (F55, F93)',
      'packages/server/src/gateway/drain.test.ts › few sockets take little time, none take none, and the window is never exceeded (F93)',
    ],
  },
  F94: {
    text: 'token expires mid-run: auth_due→refresh, no event lost, run unaffected',
    tests: [
      'packages/server/src/gateway/fallback/event-request.test.ts › F94, F95: the end of the credentials is announced, then told as',
      'tests/socket-abuse.test.ts › F94: a fresh token in band keeps the socket and what it reads',
    ],
  },
  F95: {
    text: 'refresh fails: 4006, client does not loop with the dead token',
    tests: [
      'packages/client/src/http-socket/http-transport.test.ts › F95: refused with 401 and without a fresh token, the client stops',
      'packages/client/src/netra-client.test.ts › F95: after 4006 only a fresh token is tried, and the same one twice ends it',
      'packages/server/src/gateway/fallback/event-request.test.ts › F94, F95: the end of the credentials is announced, then told as',
    ],
  },
  F96: {
    text: 'logout / session revoked on another node: socket closed ≤ 1 s (bus) / ≤ 60 s (bus down); rotation does not kick',
    tests: [
      'tests/http-events.test.ts › F96: the end of a login session ends its streams, polls too, and nothing more is answered',
    ],
  },
  F97: {
    text: 'refresh token of another user on a live socket: 4502',
    tests: [
      "tests/socket-abuse.test.ts › F97: somebody else's token on a live socket closes it with 4502",
    ],
  },
  F98: {
    text: "user A guesses/obtains B's stream id, cursor, run id, client_message_id, ticket; sub/resume/cancel/decide/send: indistinguishable denied; zero B bytes",
    tests: [
      'packages/server/src/run/approval.test.ts › F98: somebody else, another call and another run have nothing to decide, in the same words',
      'tests/delivery.test.ts › F98: the report of a foreign thread is as absent as that of none',
      'tests/http-events.test.ts › F98: a foreign stream is as absent as one that does not exist',
    ],
  },
  F99: {
    text: "two users share proxy/connection-pool/object reuse under 1k rps fuzz: property: every frame's owner == socket's user",
    tests: [
      'tests/flow.test.ts › two users at once for 200 runs',
      'tests/ids.test.ts › five people',
    ],
  },
  F100: {
    text: 'page on evil origin, DNS-rebound host, Origin: null, missing Origin from a browser UA: 403 before upgrade',
    tests: [
      'tests/handshake.test.ts › a name that is not ours',
      'packages/server/src/gateway/addresses.test.ts › an origin must match exactly',
    ],
  },
  F101: {
    text: 'client sends roles/scopes in hello or x-…-scopes header: ignored',
    tests: ['tests/socket-abuse.test.ts › F101: roles and scopes that a client claims are nothing'],
  },
  F102: {
    text: 'membership of shared thread revoked while subscribed: stops ≤ 1 s, gone, no replay later',
    why: 'threads are not shared between users yet',
  },
  F103: {
    text: 'node clocks ±10 min, step back 1 h: leases, seq, token expiry (±30 s) unaffected',
    tests: [
      'packages/server/src/run/take-over.test.ts › F103: node clocks an hour apart, or stepping by one, move no lease',
    ],
  },
  F104: {
    text: '100 malformed/oversized/deep-JSON/prototype-pollution/unknown-kind frames: 4500, no crash',
    tests: [
      'tests/http-events.test.ts › F104: nothing that is sent as a command is more than an error',
      'tests/socket-abuse.test.ts › F104: a hundred frames that cannot be used end their own socket and nothing else',
    ],
  },
  F105: {
    text: '1,000 unauthenticated sockets idle: closed at hello timeout, per-IP cap',
    tests: [
      'tests/socket-abuse.test.ts › F105: who never says hello is closed after 10 s',
      'tests/handshake.test.ts › before hello nothing else is taken',
    ],
  },
  F106: {
    text: '200 commands/s: error{after} then 4007; fair to others',
    tests: [
      'tests/http-events.test.ts › F106: too many commands by request are told when to come back',
      'tests/socket-abuse.test.ts › F106: too many commands are told when to come back, and others are served',
    ],
  },
}
