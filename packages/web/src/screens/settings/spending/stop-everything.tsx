import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Field } from '../../../components/field.tsx'
import { field, FormProblem, useForm } from '../../../components/form.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { countOf } from '../../../timeline/format.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { Loaded, Section } from '../section.tsx'

const EVERY_MS = 5_000
/** What is typed to stop everybody: nothing that a slip could do. */
const WORD = 'stop'

/** The kill switch: all that runs ends within a second, and nothing starts until it is let. */
export function StopEverything() {
  const spendingApi = useSpendingApi()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [said, setSaid] = useState<string | null>(null)
  const query = useQuery({
    queryKey: ['stop-orders'],
    queryFn: ({ signal }) => spendingApi.orders(signal),
    refetchInterval: EVERY_MS,
  })
  const changed = () =>
    Promise.all(
      [['stop-orders'], ['config'], ['mode'], ['spending']].map((queryKey) =>
        client.invalidateQueries({ queryKey }),
      ),
    )
  const lift = useAction(async (scope: string) => {
    await spendingApi.lift(scope.startsWith('user:') ? scope.slice('user:'.length) : undefined)
    setSaid(null)
    await changed()
  })
  return (
    <Section
      title="Stop everything"
      text="Ends everything that runs or waits, everybody’s, on every node, within a second. Nothing starts again until it is let, also after a restart. Nobody’s conversations are touched."
    >
      <Loaded query={query} lines={1}>
        {(orders) => (
          <div className="space-y-4">
            {said ? <p role="status">{said}</p> : null}
            {orders.map(({ scope, why, at }) => (
              <Problem
                key={scope}
                action={
                  <Button small busy={lift.isBusy} onClick={() => void lift.run(scope)}>
                    Let runs start again
                  </Button>
                }
              >
                {scope === 'everyone' ? 'Everything is' : `One person (${scope.slice(5)}) is`}{' '}
                stopped since {moment.format(Date.parse(at))}: {why}
              </Problem>
            ))}
            {lift.problem ? <Problem>{lift.problem}</Problem> : null}
            {orders.some(({ scope }) => scope === 'everyone') ? null : (
              <Button kind="warning" onClick={() => setAsking(true)}>
                Stop everything …
              </Button>
            )}
          </div>
        )}
      </Loaded>
      {isAsking ? (
        <AskWhy
          onClose={() => setAsking(false)}
          onStop={async (why) => {
            const { stopped } = await spendingApi.stop({ why })
            setSaid(`${countOf(stopped, 'run')} stopped.`)
            setAsking(false)
            await changed()
          }}
        />
      ) : null}
    </Section>
  )
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

interface AskWhyProps {
  onClose: () => void
  onStop: (why: string) => Promise<void>
}

function AskWhy({ onClose, onStop }: AskWhyProps) {
  const [word, setWord] = useState('')
  const form = useForm((data) => onStop(field(data, 'why').trim()))
  const isMeant = word.trim().toLowerCase() === WORD
  return (
    <Dialog label="Stop everything?" onClose={onClose}>
      <form onSubmit={form.submit} className="space-y-4 p-5">
        <h2 className="text-lg font-semibold">Stop everything?</h2>
        <p className="text-soft">
          Every answer that is being made ends unfinished, and so does every question that waits for
          somebody. It cannot be taken back.
        </p>
        <Field
          label="Why, for everybody to read"
          name="why"
          required
          maxLength={200}
          autoFocus
          autoComplete="off"
        />
        <Field
          label={`Type “${WORD}” to confirm`}
          name="word"
          value={word}
          onChange={(event) => setWord(event.target.value)}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          className="w-48"
        />
        <FormProblem form={form} />
        <div className="flex justify-end gap-2 pt-1">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" kind="danger" busy={form.isBusy} disabled={!isMeant}>
            Stop everything
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
