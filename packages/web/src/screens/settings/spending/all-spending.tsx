import type { AllSpending } from '@netra/client'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { INPUT } from '../../../components/field.tsx'
import { DownloadIcon } from '../../../components/icons.tsx'
import { Problem } from '../../../components/notice.tsx'
import { saveBlob } from '../../../components/save-file.ts'
import { useAction } from '../../../components/use-action.ts'
import { useNow } from '../../../use-now.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { AdminOnly, Loaded, Section } from '../section.tsx'
import { BudgetBars } from './budget-bars.tsx'
import { BudgetSettings } from './budget-settings.tsx'
import { DayChart } from './day-chart.tsx'
import { SpentTiles } from './spent-tiles.tsx'
import { StopEverything } from './stop-everything.tsx'
import { TotalsTable } from './totals-table.tsx'

const RANGES = [7, 30, 90, 365]

/** What models used for everybody, the budgets, and the switch that stops it all. */
export function AllSpendingPage() {
  return (
    <AdminOnly title="Spend and budgets">
      <Section
        title="Spend and budgets"
        text="What language models read and wrote for everybody. Nobody’s words are shown here."
      >
        <Everybody />
      </Section>
      <Section
        title="Budgets"
        text="What is written here holds before the settings of the server; a person’s own budget before that of their role."
      >
        <BudgetSettings />
      </Section>
      <StopEverything />
    </AdminOnly>
  )
}

function Everybody() {
  const spendingApi = useSpendingApi()
  const [days, setDays] = useState(30)
  const query = useQuery({
    queryKey: ['spending', 'all', days],
    queryFn: ({ signal }) => spendingApi.all(days, signal),
    staleTime: 0,
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  })
  const download = useAction(async () => {
    const day = new Date().toISOString().slice(0, 10)
    saveBlob(`netra-spending-${day}.csv`, await spendingApi.csv(days))
  })
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <select
          aria-label="How far back"
          value={days}
          onChange={(event) => setDays(Number(event.target.value))}
          className={`${INPUT} max-w-52`}
        >
          {RANGES.map((range) => (
            <option key={range} value={range}>
              The last {range} days
            </option>
          ))}
        </select>
        <Button busy={download.isBusy} onClick={() => void download.run()}>
          {download.isBusy ? null : <DownloadIcon size={16} />}
          Download as CSV
        </Button>
      </div>
      {download.problem ? <Problem>{download.problem}</Problem> : null}
      <Loaded query={query}>{(all) => <Shown all={all} />}</Loaded>
    </>
  )
}

function Shown({ all }: { all: AllSpending }) {
  const now = useNow(60_000)
  return (
    <div className="space-y-8">
      <SpentTiles today={all.today} month={all.month} />
      {all.budgets.length === 0 ? null : <BudgetBars budgets={all.budgets} />}
      {all.by_day.length === 0 ? (
        <p className="text-sm text-muted">No model was called in the last {all.days} days.</p>
      ) : (
        <>
          <DayChart days={all.by_day} count={all.days} now={now} />
          <TotalsTable
            of="Person"
            rows={all.by_user.map((row) => ({ ...row, name: row.email ?? row.user_id }))}
          />
          <TotalsTable of="Model" rows={all.by_model.map((row) => ({ ...row, name: row.model }))} />
          <TotalsTable
            of="Agent"
            rows={all.by_agent.map((row) => ({ ...row, name: row.agent || 'unknown' }))}
          />
        </>
      )}
    </div>
  )
}
