import { proveBehind } from './behind.ts'
import type { Edit } from './reverse-proxy.ts'

/** One more line for everything that is passed on. */
const adding = (line: string): Edit => [
  'proxy_pass http://netra;',
  `proxy_pass http://netra; ${line}`,
]

proveBehind('nginx', [
  {
    name: 'proxy_buffering on, whatever Netra says',
    breaks: 'stream.event-stream-buffered',
    edits: [
      ['proxy_buffering off;', 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;'],
    ],
  },
  {
    name: 'no Upgrade',
    breaks: 'stream.upgrade',
    edits: [['proxy_set_header Upgrade $http_upgrade;', '']],
  },
  {
    name: 'no Connection',
    breaks: 'stream.upgrade',
    edits: [['proxy_set_header Connection $netra_connection;', '']],
  },
  {
    name: 'a proxy_read_timeout below the heartbeat',
    breaks: 'stream.idle',
    pace: { idleMs: 6_000 },
    edits: [['proxy_read_timeout 15m;', 'proxy_read_timeout 4s;']],
  },
  {
    name: 'no Host',
    breaks: 'addresses.config',
    also: ['addresses.page'],
    edits: [['proxy_set_header Host $http_host;', '']],
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
    edits: [['proxy_set_header Host $http_host;', 'proxy_set_header Host 127.0.0.1:NETRA_PORT;']],
  },
  {
    name: 'a limit of 1 MB to bodies',
    breaks: 'limits.uploads-pass',
    edits: [['client_max_body_size 200m;', '']],
  },
  {
    name: 'pages of its own for errors',
    breaks: 'errors.no-route',
    also: ['errors.no-thing', 'errors.trace', 'errors.socket-path'],
    edits: [adding('proxy_intercept_errors on; error_page 404 /404.html;')],
  },
  {
    name: 'a path of sockets that is left out',
    breaks: 'addresses.socket-paths',
    edits: [['    location / {', '    location = /websocket { return 404; }\n    location / {']],
  },
  {
    name: 'few connections at once',
    breaks: 'crowd.hundred',
    pace: { crowds: [2, 4, 12] },
    edits: [
      ['upstream netra {', 'limit_conn_zone $binary_remote_addr zone=few:1m;\nupstream netra {'],
      adding('limit_conn few 8;'),
    ],
  },
  {
    name: 'CORS for everybody',
    breaks: 'security.cross-origin',
    edits: [adding('add_header Access-Control-Allow-Origin * always;')],
  },
  {
    name: 'a hidden Content-Security-Policy',
    breaks: 'security.content-policy',
    also: ['security.frames'],
    edits: [adding('proxy_hide_header Content-Security-Policy;')],
  },
  {
    name: 'no Origin',
    breaks: 'security.origin-of-sockets',
    also: ['security.origin-of-changes', 'security.cross-origin'],
    edits: [adding('proxy_set_header Origin "";')],
  },
  {
    name: 'cookies that scripts can read',
    breaks: 'security.cookie',
    edits: [adding('proxy_cookie_flags ~ nohttponly;')],
  },
  {
    name: 'answers that caches may keep',
    breaks: 'security.not-kept',
    edits: [
      adding('proxy_hide_header Cache-Control; add_header Cache-Control "public, max-age=60";'),
    ],
  },
  {
    name: 'the version of nginx in each answer',
    breaks: 'security.software-name',
    edits: [['server_tokens off;', '']],
  },
  {
    name: 'TLS 1.0',
    breaks: 'network.tls-version',
    edits: [
      [
        /ssl_protocols +TLSv1.2 TLSv1.3;/,
        'ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT:@SECLEVEL=0;',
      ],
    ],
  },
  {
    name: 'plain text beside https',
    breaks: 'network.redirect',
    edits: [['return 301 https://$host$request_uri;', 'location / { proxy_pass http://netra; }']],
  },
])
