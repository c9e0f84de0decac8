import type { McpServer, McpServerWish } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { field, FormProblem, useForm } from '../../../components/form.tsx'
import { ChevronRightIcon } from '../../../components/icons.tsx'
import { useLive } from '../../../live/use-live.ts'
import { Section } from '../section.tsx'
import { useMcpApi } from './use-mcp.ts'

/** By an address, or, for administrators, as a program that runs beside Netra. */
export function ConnectForm({ onConnected }: { onConnected: (server: McpServer) => void }) {
  const mcp = useMcpApi()
  const { me } = useLive()
  const isAdmin = me.role === 'admin'
  const [round, setRound] = useState(0)
  const [isProgram, setProgram] = useState(false)
  const form = useForm(async (data) => {
    const made = await mcp.add(wishOf(data, isProgram))
    setRound(round + 1)
    onConnected(made)
  })
  return (
    <Section
      title="Connect a server"
      text="You see its tools first, and allow them one by one. A server that wants a sign-in sends you to its own page for that."
    >
      <form
        key={round}
        onSubmit={form.submit}
        className="space-y-4 rounded-lg border border-line bg-raised p-4"
      >
        {isAdmin ? (
          <div className="flex flex-wrap gap-2">
            {[false, true].map((program) => (
              <Button
                key={String(program)}
                small
                aria-pressed={program === isProgram}
                className="aria-pressed:border-accent aria-pressed:bg-accent-wash"
                onClick={() => setProgram(program)}
              >
                {program ? 'A program' : 'An address'}
              </Button>
            ))}
          </div>
        ) : null}
        <div className="flex flex-wrap items-start gap-3">
          <Field
            className="w-full sm:w-48"
            label="Name"
            name="name"
            required
            maxLength={64}
            autoComplete="off"
            placeholder="Notes"
          />
          {isProgram ? (
            <Field
              className="min-w-[min(100%,15rem)] flex-1"
              label="Command"
              name="command"
              required
              mono
              autoComplete="off"
              spellCheck={false}
              placeholder="npx -y @example/server --read-only"
              hint="Runs as it stands here, without a shell, with the rights of the server and a clean environment. Quotes hold words together."
            />
          ) : (
            <Field
              className="min-w-[min(100%,15rem)] flex-1"
              label="Address"
              name="url"
              type="url"
              required
              autoComplete="off"
              placeholder="https://mcp.example.com/mcp"
            />
          )}
        </div>
        <details className="group/key">
          <summary className="touch inline-flex cursor-pointer items-center gap-1 rounded-sm text-sm text-soft hover:text-ink">
            <ChevronRightIcon size={14} className="transition-transform group-open/key:rotate-90" />
            {isProgram ? 'It needs a variable' : 'It wants a fixed key instead of a sign-in'}
          </summary>
          <div className="flex flex-wrap items-start gap-3 pt-3">
            <Field
              className="w-full sm:w-48"
              label={isProgram ? 'Variable' : 'Header'}
              name="secret_name"
              autoComplete="off"
              spellCheck={false}
              placeholder={isProgram ? 'API_TOKEN' : 'authorization'}
            />
            <Field
              className="min-w-[min(100%,15rem)] flex-1"
              label="Value"
              name="secret"
              type="password"
              autoComplete="off"
              placeholder={isProgram ? '' : 'Bearer …'}
              hint="Kept encrypted, and never shown again."
            />
          </div>
        </details>
        {isAdmin && !isProgram ? (
          <label className="flex items-start gap-2.5">
            <input type="checkbox" name="for_all" className="mt-1 size-4 shrink-0 accent-accent" />
            <span>
              <span className="block">For everybody here</span>
              <span className="block text-sm text-muted">
                You allow its tools for all; each person signs in there for themselves.
              </span>
            </span>
          </label>
        ) : null}
        {isProgram ? (
          <p className="text-sm text-muted">A program is always for everybody here.</p>
        ) : null}
        <FormProblem form={form} />
        <div className="flex justify-end">
          <Button type="submit" kind="primary" busy={form.isBusy}>
            Connect
          </Button>
        </div>
      </form>
    </Section>
  )
}

function wishOf(data: FormData, isProgram: boolean): McpServerWish {
  const name = field(data, 'name').trim()
  const secretName = field(data, 'secret_name').trim()
  const secret = secretName === '' ? undefined : { [secretName]: field(data, 'secret') }
  if (isProgram) {
    const command = wordsOf(field(data, 'command'))
    return { name, command, for_all: true, ...(secret && { variables: secret }) }
  }
  const forAll = data.has('for_all')
  return {
    name,
    url: field(data, 'url').trim(),
    ...(forAll && { for_all: true }),
    ...(secret && { headers: secret }),
  }
}

/** Words as a shell would part them, of which only the quotes are understood. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  )
