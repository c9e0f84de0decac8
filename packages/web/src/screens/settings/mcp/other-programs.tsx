import { Link } from '@tanstack/react-router'

import { Copied } from '../../../components/copied.tsx'
import { readAddresses } from '../../../live/addresses.ts'
import { Section } from '../section.tsx'

/** How an MCP client elsewhere reaches Netra. */
export function OtherPrograms() {
  const { api } = readAddresses()
  const url = new URL(`${api}/mcp`, window.location.href).href
  const settings = JSON.stringify(
    {
      mcpServers: { netra: { type: 'http', url, headers: { Authorization: 'Bearer <API key>' } } },
    },
    null,
    2,
  )
  return (
    <Section
      title="Netra in other programs"
      text="Any program that speaks MCP can ask Netra’s agents and read your conversations: editors, assistants, scripts of your own. It acts as you, within what its key allows."
    >
      <ol className="list-decimal space-y-3 pl-5">
        <li>
          <Link to="/settings/api-keys" className="text-accent underline underline-offset-3">
            Make an API key
          </Link>{' '}
          that may read and write conversations.
        </li>
        <li>
          Give the program this address:
          <Copied label="Copy the address" text={url} />
        </li>
        <li>
          Or, where it has a file for that, these lines:
          <Copied label="Copy the lines" text={settings} />
        </li>
      </ol>
      <p className="mt-4 text-sm text-muted">
        What an agent needs your permission for waits for you here; the other program cannot give
        it.
      </p>
    </Section>
  )
}
