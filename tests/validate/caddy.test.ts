import { proveBehind } from './behind.ts'
import type { Edit } from './reverse-proxy.ts'

/** One more line for everything that is passed on. */
const adding = (line: string): Edit => ['flush_interval -1', `flush_interval -1\n\t\t${line}`]

proveBehind('caddy', [
  {
    name: 'answers that are buffered',
    breaks: 'stream.event-stream-buffered',
    also: ['stream.upgrade'],
    edits: [['flush_interval -1', 'buffer_responses']],
  },
  {
    name: 'no Upgrade',
    breaks: 'stream.upgrade',
    edits: [adding('header_up -Upgrade\n\t\theader_up -Connection')],
  },
  {
    name: 'the Host of Netra itself',
    breaks: 'addresses.same-host',
    also: [
      'addresses.page',
      'addresses.api',
      'addresses.auth',
      'addresses.socket',
      'addresses.events',
      'addresses.commands',
    ],
    edits: [adding('header_up Host {upstream_hostport}')],
  },
  {
    name: 'a limit of 1 MB to bodies',
    breaks: 'limits.uploads-pass',
    // Of a body that is cut off Caddy says now 413, now 502.
    also: ['limits.large-body'],
    edits: [['max_size 200MB', 'max_size 1MB']],
  },
  {
    name: 'a path of sockets that is left out',
    breaks: 'addresses.socket-paths',
    edits: [['\trequest_body {', '\trespond /websocket 404\n\trequest_body {']],
  },
  {
    name: 'CORS for everybody',
    breaks: 'security.cross-origin',
    edits: [adding('header_down Access-Control-Allow-Origin *')],
  },
  {
    name: 'a header that is taken away',
    breaks: 'security.transport',
    edits: [adding('header_down -Strict-Transport-Security')],
  },
  {
    name: 'no Origin',
    breaks: 'security.origin-of-sockets',
    also: ['security.origin-of-changes', 'security.cross-origin'],
    edits: [adding('header_up -Origin')],
  },
])
