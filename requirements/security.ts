import type { Requirement } from './requirement.ts'

/** The security requirements: OWASP's for sockets, browsers, models and operation, each testable. */
export const SECURITY: Record<string, Requirement> = {
  S1: {
    text: 'only wss outside loopback; HSTS of at least a year',
    tests: [
      'tests/isolation/edge.test.ts › every answer over https tells browsers to stay there for a year, none over http does',
      'tests/isolation/edge.test.ts › beyond loopback nothing starts without https, unless that is said out loud',
    ],
  },
  S2: {
    text: 'a present Origin must match exactly, else 403 (null too); without one, cookies and tickets are ignored and only a token counts',
    tests: [
      'tests/browser/hosts.test.ts › a page of another site reads nothing and opens no socket',
      'tests/classic-session.test.ts › a page is welcomed by its token, and its cookie counts for nothing',
      'tests/isolation/sockets.test.ts › every form of every bad proof opens no socket',
      'tests/handshake.test.ts › without an Origin a cookie and a ticket count for nothing',
      'tests/handshake.test.ts › origin %s is refused before the upgrade',
      'packages/server/src/gateway/addresses.test.ts › an origin must match exactly',
    ],
  },
  S3: {
    text: 'Host allow-list: the public address and the local names at the listening port; /health* exempt',
    tests: [
      'tests/isolation/edge.test.ts › no route but the probes of health answers to another name',
      'tests/handshake.test.ts › a name that is not ours is refused before the upgrade',
      'packages/server/src/gateway/addresses.test.ts › the public name is allowed',
    ],
  },
  S4: {
    text: 'a ticket comes over authenticated HTTP, is used once, lives at most 30 s and has at least 128 bits',
    tests: [
      'packages/server/src/auth/session/sessions.test.ts › a ticket opens one socket, with the cookie of its own session, within 30 s',
      'packages/server/src/auth/session/sessions.test.ts › a ticket shown without its own cookie is refused and spent',
      'packages/server/src/auth/session/sessions.test.ts › of ten sockets with one ticket at once exactly one opens',
      'tests/auth-service.test.ts › of two nodes one redeems a ticket, once',
      'tests/isolation/sockets.test.ts › every form of every bad proof opens no socket',
      "tests/isolation/sockets.test.ts › the owner's ticket opens a socket for the owner's page alone",
      'tests/isolation/sockets.test.ts › a spent ticket, part of one and one of nobody open nothing',
      'tests/handshake.test.ts › a page is welcomed by its cookie and a ticket, once',
    ],
  },
  S5: {
    text: 'cookies __Host-, Secure, HttpOnly, SameSite; on plain-http loopback an unprefixed one',
    tests: [
      'packages/server/src/auth/auth.test.ts › a cookie is a __Host- one over https and a plain one over http',
      'tests/isolation/edge.test.ts › the session cookie is bound to its host, for https alone and out of scripts’ reach',
      "tests/isolation/sockets.test.ts › the owner's ticket opens a socket for the owner's page alone",
    ],
  },
  S6: {
    text: 'hello within 10 s, at most 4 KB before authentication',
    tests: [
      'tests/isolation/edge.test.ts › before hello 4 KB are taken and no more',
      'tests/socket-abuse.test.ts › F105: who never says hello is closed after 10 s',
      'tests/handshake.test.ts › before hello nothing else is taken',
    ],
  },
  S7: {
    text: 'messages of at most 64 KB and 32 levels, by schema; unknown kinds and prototype keys refused',
    tests: [
      'tests/fuzz/fuzz.test.ts › whatever comes as a frame, body, header, query, path, upload or token, no answer is a fault of the server',
      'tests/socket-abuse.test.ts › F104: a hundred frames that cannot be used',
      'tests/handshake.test.ts › a frame over its limit closes with 1009',
    ],
  },
  S8: {
    text: 'no compression on sockets',
    tests: ['tests/isolation/edge.test.ts › no socket is compressed, whatever is offered'],
  },
  S9: {
    text: 'no token in an address, a log, a close reason or an error',
    tests: [
      'tests/api-keys.test.ts › no key stands in the log, whether it was good, revoked or wrong',
      'tests/isolation/edge.test.ts › no proof of a user and no secret of the server reaches a model, an event or a log',
      'tests/oidc.test.ts › no code, token or secret of a sign-in is in the log',
      'tests/security-log.test.ts › no secret, text or e-mail address is in any line',
    ],
  },
  S10: {
    text: 'each message is authorized by ownership in the store, atomic with the action',
    tests: [
      'tests/admin-privacy.test.ts › an administrator sees nothing of other people’s chats and files',
      'tests/isolation/matrix.test.ts › every route of the server has a row, and every row its route',
      'tests/isolation/matrix.test.ts › what is one user’s is shown to nobody else, whatever they show',
      "tests/isolation/property/property.test.ts › 20 users, random operations and faults: nobody receives a byte of anybody else's",
      'tests/isolation/sockets.test.ts › every message that a client may say has a row',
      'tests/isolation/sockets.test.ts › what is said about another’s things is answered as if they were not there',
      "tests/isolation/sockets.test.ts › another user's fresh token, or a bad one, on the owner's socket ends it",
      'tests/revocation-commands.test.ts › a session that another process ended is refused at the very next command, before any feed tells',
      'packages/server/src/run/approval.test.ts › F98: somebody else, another call and another run',
    ],
  },
  S11: {
    text: 'logout, disabling and a changed password close every socket on every node within 1 s',
    tests: [
      'packages/server/src/auth/keys/api-keys.test.ts › revoking is told at once; disabling lets keys rest, and enabling wakes them',
      'packages/server/src/auth/session/sessions.test.ts › logout ends this session at once: cookie, token, refresh token and ticket',
      'packages/server/src/auth/session/sessions.test.ts › disabling a user ends the sessions, refuses logins and can be taken back',
      'packages/server/src/auth/session/sessions.test.ts › a session ended by another process is announced within a second and refused at once',
      'packages/server/src/gateway/set-up.test.ts › a login session that ended while its proof was looked at opens nothing',
      'tests/accounts-elsewhere.test.ts › a password changed at one node ends the other sessions at every node within 1 s',
      'tests/accounts.test.ts › reaches the open sockets of every other session within 1 s, and this one lives on',
      'tests/admin-cli.test.ts › a user disabled from the command line loses the socket within a second',
      'tests/admin-elsewhere.test.ts › a key works at the node, in a socket and a stream, and ends there within a second',
      'tests/admin-elsewhere.test.ts › %s closes the node’s sockets with %i within a second',
      'tests/auth-service.test.ts › a logout at one node ends the sockets at every node within a second',
      'tests/browser/accounts.test.ts › a changed password signs other browsers out while they are open, and this one not',
      'tests/browser/accounts.test.ts › the list of sessions names each device and ends another one at once',
      'tests/browser/admin-pages.test.ts › a user who is disabled is told so in the open page, and goes on there once enabled',
      'tests/classic-routes.test.ts › logging out ends a stream that is under way, and the run goes on',
      'tests/classic-session.test.ts › logging out tells a classic socket, then closes it',
      'tests/oidc-elsewhere.test.ts › a provider tells the auth service alone, and the sockets of a node elsewhere close within a second',
      'tests/oidc-logout.test.ts › a logout token of one session ends exactly that one',
      'tests/oidc.test.ts › closes the sockets of that sign-in within a second, and no others',
      'tests/revocation.test.ts › $what closes every open socket and stream with $code within a second',
      'tests/revocation.test.ts › a long poll ends with its session',
    ],
  },
  S12: {
    text: 'the session is asked for again before every command, and at least every 60 s',
    tests: [
      'packages/server/src/auth-client/session-asker.test.ts › an answer that the feed has overtaken is asked for again',
      'packages/server/src/gateway/set-up.test.ts › an open socket is asked for again now and then, though nobody told of its end',
      'tests/auth-client.test.ts › in a black hole known sessions go on for 60 s, then each is refused and its socket sent away',
      'tests/auth-service-silence.test.ts › an auth service that listens and says nothing is trusted for 60 s, then sockets are sent away until it speaks',
      'tests/revocation-commands.test.ts › a session that another process ended is refused at the very next command, before any feed tells',
    ],
  },
  S13: {
    text: 'how many sessions and sockets a user may have is documented and enforced',
    tests: [
      'tests/rate-limits-sockets.test.ts › a user has at most 32 sockets; one more is told 4504',
      'tests/browser/accounts.test.ts › the list of sessions names each device and ends another one at once',
    ],
  },
  S14: {
    text: 'sessions end by disuse and by age',
    tests: [
      'packages/server/src/auth/session/sessions.test.ts › an unused session ends after 7 days, and the end is announced',
      'packages/server/src/auth/session/sessions.test.ts › use by refresh token keeps a session alive, for 30 days in all',
    ],
  },
  S15: {
    text: 'JWT: algorithm pinned; aud, iss, exp and typ checked',
    tests: [
      'packages/server/src/auth/session/access-token.test.ts › another algorithm, key, issuer, audience or type is refused',
      'packages/server/src/auth/session/access-token.test.ts › HS256 with the public key as its secret is refused',
      'packages/server/src/auth/session/access-token.test.ts › a foreign key under our kid, a changed body or signature, and nonsense are refused',
      'tests/classic-session.test.ts › no bad token opens a socket, by header or by subprotocol',
      'tests/handshake.test.ts › a token in %s is a proof, and no bad one is',
      'tests/isolation/sockets.test.ts › every form of every bad proof opens no socket',
    ],
  },
  S16: {
    text: 'limits for user, address and node: sockets, hellos, commands, bytes, runs, tokens; told with when to come back',
    tests: [
      'packages/server/src/auth/account/attempts.test.ts › ten failures of one account from one address, then a wait that is told',
      'packages/server/src/auth/account/attempts.test.ts › a hundred failures from one address, over any accounts',
      'tests/attack-forwarded.test.ts › signing in is limited however its address is written',
      'tests/attack-sessions.test.ts › strangers of its network leave a key of X-API-Key what is its owner’s',
      'tests/classic-session.test.ts › who asks and asks and never reads the answers is cut off',
      'tests/lockout.test.ts › guesses from many addresses lock strangers out of an account and never its owner',
      'tests/lockout.test.ts › the headers of a lock agree, and an administrator unlocks an account',
      'tests/oidc-discovery.test.ts › starts and failures are limited by address, and told when to come again',
      'tests/rate-limits-sockets.test.ts › a network opens so many sockets a second and no more; chains of proxies do not help',
      'tests/rate-limits-sockets.test.ts › a user has at most 32 sockets; one more is told 4504',
      'tests/rate-limits-sockets.test.ts › a full node says so with 4010, and to classic clients with 1013',
      'tests/rate-limits-sockets.test.ts › commands of all sockets of a user and of HTTP are counted together',
      'tests/rate-limits-sockets.test.ts › a socket that sends more bytes a second than it may is closed with 4007',
      'tests/rate-limits.test.ts › a user may ask so often a minute, from however many addresses',
      'tests/rate-limits.test.ts › strangers share what their network may ask; an IPv6 /64 is one network',
      'tests/rate-limits.test.ts › a user whose tokens of the day are used up waits for the next day, also after a restart',
      'tests/security-log.test.ts › who met a limit is logged, twice a minute however often',
      'tests/unfinished-bodies.test.ts › a network holds so many connections by bodies that do not come, and no more',
      'tests/unfinished-bodies.test.ts › a body %s is over after 30 s: 408, and the connection is closed',
    ],
  },
  S17: {
    text: "a client's address only from trusted proxies",
    tests: [
      'tests/auth-service.test.ts › who says without credentials for whom it asks is not believed',
      'tests/rate-limits-sockets.test.ts › a network opens so many sockets a second and no more; chains of proxies do not help',
      'tests/rate-limits-sockets.test.ts › without a trusted proxy a socket is of the address that it really came from',
      'tests/rate-limits.test.ts › of a forwarded chain only what trusted proxies wrote counts: %s',
      'tests/rate-limits.test.ts › without a trusted proxy X-Forwarded-For, -Proto and -Host change nothing',
      'packages/server/src/gateway/client-address.test.ts › nobody is believed about another address unless trusted',
    ],
  },
  S18: {
    text: 'one user cannot starve another',
    tests: [
      "tests/rate-limits-sockets.test.ts › one user's flood of frames, requests and runs does not starve another",
    ],
  },
  S19: {
    text: 'foreign and absent are the same in body and time; nobody gets a foreign byte',
    tests: [
      'packages/server/src/auth/account/equal-work.test.ts › a wrong password costs the store what an unknown address costs it',
      'packages/server/src/auth/account/equal-work.test.ts › to ask for a mail of kind %s costs the store the same for an unknown address',
      'packages/server/src/auth/account/equal-work.test.ts › a registration waits for the disk as often, whether or not somebody has the address',
      'packages/server/src/auth/auth.test.ts › unknown users and wrong passwords are refused with one answer',
      'tests/accounts-timing.test.ts › a login with a wrong password answers as one of nobody, in equal time',
      'tests/accounts-timing.test.ts › a forgotten password is asked for alike whether or not anybody has the address',
      'tests/accounts-timing.test.ts › a confirmation is asked for again alike whether or not anybody has the address',
      'tests/accounts-timing.test.ts › a registration answers alike whether or not somebody has the address, in equal time',
      'tests/admin-privacy.test.ts › an administrator sees nothing of other people’s chats and files',
      'tests/isolation/matrix.test.ts › every route of the server has a row, and every row its route',
      'tests/isolation/matrix.test.ts › what is one user’s is shown to nobody else, whatever they show',
      'tests/isolation/matrix.test.ts › foreign and absent take like times',
      "tests/isolation/property/property.test.ts › 20 users, random operations and faults: nobody receives a byte of anybody else's",
      'tests/isolation/sockets.test.ts › every message that a client may say has a row',
      'tests/isolation/sockets.test.ts › what is said about another’s things is answered as if they were not there',
    ],
  },
  S20: {
    text: 'events are kept by user and stream; no stream without an owner',
    tests: [
      "tests/isolation/property/property.test.ts › 20 users, random operations and faults: nobody receives a byte of anybody else's",
      'packages/server/src/journal/contract-commit.ts › sequence numbers of a stream are contiguous from 1',
    ],
  },
  S21: {
    text: 'idempotency keys belong to the authenticated sender',
    tests: [
      'tests/isolation/edge.test.ts › the same client_message_id of two users is two messages',
    ],
  },
  S22: {
    text: 'caches, rings and reused objects are keyed by user',
    tests: [
      'packages/server/src/auth-client/session-asker.test.ts › an answer about another user or session answers nobody',
      'packages/server/src/auth-client/session-memory.test.ts › an answer belongs to one user and one session, whatever their ids look like',
      'tests/auth-client.test.ts › no answer about one user serves another, whatever ids a token pairs',
      'tests/isolation/edge.test.ts › connections that serve one user after another carry nothing over',
      "tests/isolation/property/property.test.ts › 20 users, random operations and faults: nobody receives a byte of anybody else's",
    ],
  },
  S23: {
    text: 'a Content-Security-Policy without inline scripts, for every answer',
    tests: [
      'tests/browser/hosts.test.ts › the policy of the page names the other two hosts and nothing else',
      'tests/isolation/edge.test.ts › the page’s policy lets in only what is served here, and every answer has one',
    ],
  },
  S24: {
    text: 'nosniff, Referrer-Policy and COOP on every answer',
    tests: [
      'tests/isolation/edge.test.ts › no answer is sniffed, framed into a group of another site or named in a referrer',
    ],
  },
  S25: {
    text: 'model output is rendered as text or sanitised markdown; no remote image or link loads by itself',
    tests: [
      'tests/browser/safety.test.ts › nothing that a model writes runs, and nothing is loaded from elsewhere',
      'tests/browser/safety.test.ts › nothing in a table runs: not its name, its columns or its cells',
      'tests/browser/safety.test.ts › a huge table stays inside its place, and scrolls there',
    ],
  },
  S26: {
    text: 'a cookie changes something only when a page of ours sent the request',
    tests: [
      'tests/isolation/edge.test.ts › a cookie changes nothing unless a page of ours sent the request, at any route',
      'tests/http.test.ts › a cookie changes nothing for a page of another site',
    ],
  },
  S27: {
    text: 'tool output and web text are marked untrusted; an injection corpus runs in CI',
    tests: [
      'tests/mcp-injections.test.ts › the corpus has at least thirty ways to give a model orders',
      'tests/mcp-injections.test.ts › whatever a tool’s result tells a model that obeys it, nothing is written',
      'tests/mcp-calls.test.ts › a tool that only reads, of a server that the person trusts, runs and its result is marked',
      'tests/mcp-calls.test.ts › what a tool says of its failure is marked too',
    ],
  },
  S28: {
    text: 'no secret is in a prompt or an event',
    tests: [
      'tests/isolation/edge.test.ts › no proof of a user and no secret of the server reaches a model, an event or a log',
    ],
  },
  S29: {
    text: 'tools are allow-listed for a run; what needs approval is bound to its arguments and fence, and expires',
    tests: [
      'packages/server/src/agent/loop.test.ts › invalid arguments, an unknown tool and unparsable JSON are told to the model',
      'packages/server/src/run/approval.test.ts › what waits is told exactly',
      'packages/server/src/run/approval.test.ts › F42: the first decision holds',
      'packages/server/src/run/approval.test.ts › a question that nobody answers in seven days is answered with no',
      'packages/server/src/run/question.test.ts › what would change is told before a tool writes',
      'packages/server/src/agent/tools/permit.test.ts › a permit is for one call with its arguments',
      'tests/approvals.test.ts › what waits is there after a kill, and is answered from elsewhere by a key that may, once',
    ],
  },
  S30: {
    text: 'budgets of steps, time, tokens and money for each run and user and for all; stopping one or everything takes at most 1 s',
    tests: [
      'packages/server/src/spending/admission.test.ts › S30: runs at once never go over a budget by more than one call each',
      'packages/server/src/spending/spending.test.ts › S30: a call counts for its day and month, and a restart forgets none',
      'tests/spending.test.ts › S30: a budget ends a run before its next call, and says which, how much and until when',
      'tests/two-processes-agents.test.ts › S30: what was spent at one process counts at the other',
      'tests/two-processes-agents.test.ts › S30: runs at both at once pass a budget by at most one call each',
      'tests/two-processes-agents.test.ts › of messages at both at the same instant as many are taken as there may be answers at once',
      'tests/stop-all.test.ts › S30, ASI10: one order ends fifty runs within a second, keeps more from starting, and outlives a restart',
      'tests/stop-all.test.ts › S30: an order at one node ends the runs of another within a second, and of one person theirs alone',
      'tests/admin-elsewhere.test.ts › what runs at a node for a user disabled elsewhere stops within a second',
      'tests/revocation-commands.test.ts › what runs for a user who is disabled %s stops within a second',
      'packages/server/src/agent/loop.test.ts › a model that never stops calling tools ends with budget',
      'packages/server/src/agent/loop.test.ts › a run that lasts too long ends with timeout',
    ],
  },
  S31: {
    text: 'dependencies are pinned and locked',
    tests: [
      'tests/supply-chain.test.ts › every dependency is named in one version, and not in a range',
      'tests/supply-chain.test.ts › every package that is installed is locked with the hash of its bytes, and none from elsewhere',
    ],
  },
  S32: {
    text: 'no confused deputy: consent for each client, exact redirect addresses, state used once',
    tests: [
      'tests/mcp-sign-in.test.ts › a state is good once, for the browser that left with it; what another browser brings back is nobody’s',
      'tests/mcp-sign-in.test.ts › a client entered by hand is shown to the issuer it was entered for alone, also at the first sign-in',
      'tests/mcp-sign-in.test.ts › a person signs in to a server: it is discovered, Netra registers, and the token is asked for this server alone',
      'tests/oidc-hostile.test.ts › once: the same state again is refused, and the code is not shown again',
      'tests/oidc.test.ts › cannot be signed in by a code that somebody caught: PKCE is asked for',
    ],
  },
  S33: {
    text: "tokens are accepted for our audience only, and a user's is never passed on",
    tests: [
      'tests/mcp-server.test.ts › only a token that is meant for Netra is let in at /mcp: no cookie, no foreign or forged one',
      'tests/mcp-sign-in.test.ts › a person signs in to a server: it is discovered, Netra registers, and the token is asked for this server alone',
      'tests/isolation/edge.test.ts › no proof of a user and no secret of the server reaches a model, an event or a log',
    ],
  },
  S34: {
    text: 'no SSRF: https alone, private and metadata addresses blocked, every redirect checked again',
    tests: [
      'packages/server/src/auth/oauth/provider-settings.test.ts › an issuer at %s may name %s: %j',
      'packages/server/src/platform/guarded-fetch.test.ts › %s is never connected to',
      'packages/server/src/platform/guarded-fetch.test.ts › the socket connects to the address that was checked',
      'packages/server/src/platform/guarded-fetch.test.ts › a redirect is checked like any other address',
      'packages/server/src/platform/guarded-fetch.test.ts › a redirect to another origin takes no credential along',
      'tests/mcp-consent.test.ts › a server that redirects to the cloud’s own address is refused',
    ],
  },
  S35: {
    text: 'an MCP session id is no authentication: bound to user and session, random',
    tests: [
      'tests/mcp-server.test.ts › an MCP session id lets nobody in, and is no session for anybody else',
      'tests/mcp-server.test.ts › another user’s cancellation, with the session id and the request’s number, stops nothing',
      'tests/mcp-programs.test.ts › each person has a process of their own, and none outlives its server',
    ],
  },
  S36: {
    text: 'a local MCP server is shown with its exact command, and runs without a shell, in a folder and with variables of its own',
    tests: [
      'tests/mcp-programs.test.ts › a program is run as the very command that is shown, without a shell',
      'tests/mcp-programs.test.ts › programs die with a Netra that was killed',
    ],
  },
  S37: {
    text: 'a key may do no more than its scopes say; what is dangerous asks for a fresh proof',
    tests: [
      'tests/mcp-sign-in.test.ts › a scope is asked for when a call needs it, and not before',
      'tests/mcp-server.test.ts › a key that may only read is told which scope an agent needs, and reads',
      'packages/server/src/auth/keys/api-keys.test.ts › an accepted key names its user, its scopes and its end',
      'tests/api-keys-sockets.test.ts › a socket of a key reads and sends as its scopes say',
      'tests/api-keys.test.ts › a key does what its scopes say and nothing else',
    ],
  },
  S38: {
    text: 'results of MCP tools are capped and escaped before the page and before the model',
    tests: [
      'tests/mcp-calls.test.ts › a result of five megabytes is stored once; the model reads its beginning',
      'tests/mcp-injections.test.ts › every result reached the model between marks that it cannot have ended',
    ],
  },
  S39: {
    text: 'connecting, closing, refused proofs, missing rights and limits are logged with user, address, origin and code, without content',
    tests: [
      'tests/security-log.test.ts › connecting and closing are logged with user, address, origin and code, without content',
      'tests/security-log.test.ts › a proof that does not hold and a right that is missing are logged, at socket and HTTP',
      'tests/security-log.test.ts › who met a limit is logged, twice a minute however often',
      'tests/security-log.test.ts › no secret, text or e-mail address is in any line',
    ],
  },
  S40: {
    text: 'closed when store or auth service fail',
    tests: [
      'packages/server/src/gateway/set-up.test.ts › set-up that fails by $what is told before the close, and counted',
      'packages/server/src/gateway/set-up.test.ts › a command is refused while nobody can tell who asks, and the socket stays',
      'tests/auth-client.test.ts › in a black hole known sessions go on for 60 s, then each is refused and its socket sent away',
      'tests/auth-service-outage-log.test.ts › an outage of the auth service is a line when it begins and one when it is over, and the node stays alive',
      'tests/auth-service-outage.test.ts › while the auth service is killed whoever is in goes on, nobody comes in, and all is well after its restart',
      'tests/auth-service-silence.test.ts › an auth service that listens and says nothing is trusted for 60 s, then sockets are sent away until it speaks',
      'tests/browser/entrance-away.test.ts › while the auth service is down nobody gets in, the page says so, and goes on once it is back',
    ],
  },
  S41: {
    text: "a fault that nobody caught drops no other user's socket",
    tests: [
      'tests/attack-sockets.test.ts › an error that nobody caught ends no socket',
      'tests/recovery.test.ts › what throws in the handlers of two people’s sockets ends nobody’s, is counted, and told once it goes on (S41)',
    ],
  },
  S42: {
    text: 'services have credentials of their own, with least rights, rotated',
    tests: [
      'packages/server/src/auth/service/services.test.ts › a service shows its secret and gets a token that says who it is for an hour',
      "tests/auth-service.test.ts › a service's token opens no person's route and no socket",
      "tests/auth-service.test.ts › a person's token opens no service's route, and a wrong secret no door",
      'packages/server/src/auth/service/services.test.ts › a rotated secret is good for a day more',
    ],
  },
  S43: {
    text: 'known faults of dependencies are looked for',
    tests: [
      'tests/supply-chain.test.ts › of packages with known faults only versions without them are locked',
    ],
  },
}
