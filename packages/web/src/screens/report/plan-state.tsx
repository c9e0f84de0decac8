import { Link } from '@tanstack/react-router'

import { momentOf } from '../settings/moments.ts'
import { usePlans } from './use-report.ts'

/** Whether the plan of a report was adopted, and where those that were stand. */
export function PlanState({ reportId }: { reportId: string }) {
  const { data } = usePlans()
  if (data === undefined) return null
  const adopted = data.find(({ report_id }) => report_id === reportId)
  return (
    <p className={`mt-4 text-sm text-soft ${adopted ? '' : 'print:hidden'}`}>
      {adopted
        ? `You adopted this plan on ${momentOf(adopted.adopted_at)}.`
        : 'You have not adopted this plan: to do so say “adopt this plan” in its conversation.'}{' '}
      <Link
        to="/plans"
        {...(adopted && { hash: adopted.plan_id })}
        className="text-accent underline underline-offset-3 print:hidden"
      >
        {adopted ? 'See it among your plans' : 'Your plans'}
      </Link>
    </p>
  )
}
