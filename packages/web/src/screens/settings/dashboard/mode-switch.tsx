import type { ServiceMode } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Confirm } from '../../../components/confirm.tsx'
import { INPUT } from '../../../components/field.tsx'
import { MODES } from '../../../timeline/dashboard-words.ts'
import { useOperationsApi } from '../../use-operations.ts'
import { Loaded } from '../section.tsx'

const LEVELS = Object.keys(MODES) as ServiceMode['level'][]
const EVERY_MS = 10_000

/** What people may do now. What failures and settings impose cannot be chosen away. */
export function ModeSwitch() {
  const operations = useOperationsApi()
  const client = useQueryClient()
  const [asked, setAsked] = useState<ServiceMode['level'] | null>(null)
  const query = useQuery({
    queryKey: ['mode'],
    queryFn: ({ signal }) => operations.mode(signal),
    refetchInterval: EVERY_MS,
  })
  return (
    <section aria-labelledby="service-mode">
      <h3 id="service-mode" className="font-semibold">
        Mode of service
      </h3>
      <Loaded query={query} lines={1}>
        {({ mode, reasons }) => {
          const chosen = reasons.find(({ by }) => by === 'administrator')?.level ?? 'full'
          const imposed = reasons.filter(({ by }) => by !== 'administrator')
          return (
            <>
              <p className="mt-0.5 text-sm text-muted">
                {mode.level === 'full' ? '' : `In force: ${MODES[mode.level].name}. `}
                {MODES[mode.level].text}
              </p>
              {imposed.map(({ by, level, why }) => (
                <p key={by} className="mt-0.5 text-sm text-soft">
                  {MODES[level].name}, whatever is chosen here: {why}.
                </p>
              ))}
              <select
                aria-label="Mode of service"
                value={chosen}
                onChange={(event) =>
                  setAsked(LEVELS.find((level) => level === event.target.value) ?? null)
                }
                className={`${INPUT} mt-3 max-w-xs`}
              >
                {LEVELS.map((level) => (
                  <option key={level} value={level}>
                    {MODES[level].name}
                  </option>
                ))}
              </select>
            </>
          )
        }}
      </Loaded>
      {asked ? (
        <Confirm
          title={`Change to “${MODES[asked].name}”?`}
          text={`${MODES[asked].text} It holds for everybody, until it is changed again.`}
          action="Change"
          danger={asked !== 'full'}
          onConfirm={async () => {
            client.setQueryData(['mode'], await operations.setMode(asked))
            await client.invalidateQueries({ queryKey: ['config'] })
          }}
          onClose={() => setAsked(null)}
        />
      ) : null}
    </section>
  )
}
