import { withoutInvisible } from './plain-text.ts'
import { McpRefused } from './refused.ts'
import type { McpServer, Secrets } from './server-row.ts'
import type { McpCaller, McpWish } from './views.ts'

const MAX_SLUG = 24
const DEFAULT_TIMEOUT_MS = 60_000
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
/** The protocol's own, and what says how a request is carried. */
const RESERVED =
  /^(?:mcp-|sec-|proxy-)|^(?:accept|accept-encoding|connection|content-.*|cookie|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|origin)$/i

const malformed = (message: string): McpRefused => new McpRefused('malformed', message)

/** A wish as a server that is not yet stored. @throws McpRefused */
export function serverOf(
  wish: McpWish,
  caller: McpCaller,
  at: { id: string; slugs: readonly string[]; now: string; allowPrivate: boolean },
): McpServer {
  const { url, command } = wish
  refuseUnfit(wish, caller)
  const name = checkedName(wish.name)
  const secrets = checkedSecrets({
    headers: wish.headers ?? {},
    variables: wish.variables ?? {},
  })
  return {
    id: at.id,
    userId: wish.forAll ? null : caller.userId,
    slug: slugOf(name, at.slugs),
    name,
    transport: command === undefined ? 'http' : 'stdio',
    url: url === undefined ? null : checkedUrl(url, at.allowPrivate),
    command: command === undefined ? null : checkedCommand(command),
    secrets,
    unreadable: false,
    trusted: wish.trusted ?? false,
    enabled: true,
    timeoutMs: wish.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    about: {},
    problem: null,
    createdBy: caller.userId,
    createdAt: at.now,
    updatedAt: at.now,
    lookedAt: null,
  }
}

/** Who may connect what. @throws McpRefused */
function refuseUnfit(wish: McpWish, caller: McpCaller): void {
  const { url, command, headers = {}, variables = {} } = wish
  if ((url === undefined) === (command === undefined))
    throw malformed('Give either url, an address, or command, a program with its arguments.')
  if (wish.forAll && !caller.isAdmin)
    throw new McpRefused('forbidden', 'Only an administrator connects a server for all.')
  if (command !== undefined && !caller.isAdmin)
    throw new McpRefused(
      'forbidden',
      'Only an administrator connects a program: it runs on the machine that Netra runs on.',
    )
  if (command !== undefined && !wish.forAll)
    throw malformed('A program is connected for all: set for_all.')
  if (command !== undefined && Object.keys(headers).length > 0)
    throw malformed('A program takes variables, not headers.')
  if (url !== undefined && Object.keys(variables).length > 0)
    throw malformed('An address takes headers, not variables.')
}

export function checkedName(text: string): string {
  const name = withoutInvisible(text)
    .replaceAll(/["\s]+/g, ' ')
    .trim()
  if (name === '' || name.length > 64) throw malformed('name has 1 to 64 characters.')
  return name
}

export function checkedSecrets({ headers, variables }: Secrets): Secrets {
  const wrongHeader = Object.keys(headers).find((name) => !HEADER.test(name) || RESERVED.test(name))
  if (wrongHeader !== undefined) throw malformed(`The header ${wrongHeader} cannot be set.`)
  const wrongVariable = Object.keys(variables).find((name) => !VARIABLE.test(name))
  if (wrongVariable !== undefined) throw malformed(`The variable ${wrongVariable} cannot be set.`)
  const values = [...Object.values(headers), ...Object.values(variables)]
  // oxlint-disable-next-line no-control-regex -- they would end a header, or a variable.
  if (values.some((value) => value.length > 8_192 || /[\u0000\r\n]/.test(value)))
    throw malformed('A value of a header or variable is one line of at most 8192 characters.')
  if (values.length > 32) throw malformed('At most 32 headers or variables are kept.')
  return { headers, variables }
}

function checkedUrl(text: string, allowPrivate: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || text.length > 2_000) throw malformed('url is not an address.')
  if (url.username !== '' || url.password !== '')
    throw malformed('url holds a name or a password. Give a header instead: it is kept encrypted.')
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere && allowPrivate))
    throw malformed(
      allowPrivate
        ? 'url is not https (http is for servers on this machine alone).'
        : 'url is not https.',
    )
  url.hash = ''
  return url.href
}

function checkedCommand(command: readonly string[]): string[] {
  const [program = ''] = command
  const isWrong = command.some((part) => part.length > 4_096 || part.includes('\0'))
  if (program.trim() === '' || isWrong || command.length > 64)
    throw malformed('command is a list: the program, then each of its arguments.')
  return [...command]
}

/** Begins the names of its tools: letters of models' own, and nobody else's here. */
function slugOf(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  const base = (/^[a-z]/.test(plain) ? plain : `mcp_${plain}`).slice(0, MAX_SLUG).replace(/_+$/, '')
  for (let number = 1; ; number++) {
    const slug = number === 1 ? base : `${base}_${number}`
    if (!taken.includes(slug)) return slug
  }
}
