import { Link } from '@tanstack/react-router'

import { Copied } from '../../../components/copied.tsx'
import { readAddresses } from '../../../live/addresses.ts'
import { Section } from '../section.tsx'

/** How an application that is instrumented with OpenTelemetry sends its calls. */
export function SendCalls() {
  const { api } = readAddresses()
  const url = new URL(`${api}/v1/traces`, window.location.href).href
  const variables = [
    `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${url}`,
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf',
    // A space in a header of these variables is written so.
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS=Authorization=Bearer%20<API key>',
  ].join('\n')
  return (
    <Section
      title="Send calls"
      text="From any application whose calls of models are traced by OpenTelemetry’s GenAI conventions: OTLP over HTTP, as protobuf or JSON. Spans of anything else are not kept; of prompts only a hash is."
    >
      <ol className="list-decimal space-y-3 pl-5">
        <li>
          <Link
            to="/settings/api-keys"
            search={{ may: 'usage:write' }}
            className="text-accent underline underline-offset-3"
          >
            Make an API key
          </Link>{' '}
          that may send usage (<code className="font-mono text-sm">usage:write</code>).
        </li>
        <li>
          Start the application with these variables, which every OpenTelemetry SDK reads:
          <Copied label="Copy the variables" text={variables} />
        </li>
        <li>
          Or set up its exporter, or a collector, with this address and the header{' '}
          <code className="font-mono text-sm">Authorization: Bearer &lt;API key&gt;</code>:
          <Copied label="Copy the address" text={url} />
        </li>
      </ol>
    </Section>
  )
}
