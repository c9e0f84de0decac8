import type { AdoptedPlan } from '@netra/client'
import { Link, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'

import { DrawerButton } from '../../components/drawer-button.tsx'
import { ChevronRightIcon } from '../../components/icons.tsx'
import { useLive } from '../../live/use-live.ts'
import { countOf } from '../../timeline/format.ts'
import { savingOf, shareText } from '../../timeline/plan-words.ts'
import { PlanSteps } from '../report/plan-steps.tsx'
import { usePlans } from '../report/use-report.ts'
import { momentOf } from '../settings/moments.ts'
import { Loaded } from '../settings/section.tsx'

/** The plans that the person adopted, with what each saves and its steps. */
export function PlansScreen() {
  const query = usePlans()
  return (
    <div className="flex min-h-0 flex-1 flex-col print:block">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:px-6 print:hidden">
        <title>Plans · Netra</title>
        <DrawerButton />
        <h1 className="flex-1 text-sm font-medium text-soft">Plans</h1>
      </header>
      <div className="relative min-h-0 flex-1 overflow-y-auto print:overflow-visible">
        <div className="mx-auto w-full max-w-3xl px-4 pt-2 pb-20 sm:px-6">
          <Loaded query={query}>
            {(plans) => (plans.length === 0 ? <NoPlans /> : <List plans={plans} />)}
          </Loaded>
        </div>
      </div>
    </div>
  )
}

function NoPlans() {
  return (
    <div className="max-w-prose space-y-2 text-sm text-muted">
      <p>You have adopted no plan yet.</p>
      <p>
        Ask the AI spend team what to change, with a file of usage attached. Its report holds a
        plan: say “adopt this plan”, and once you allowed it, it stands here with its steps.
      </p>
      <p>
        <Link to="/" className="text-accent underline underline-offset-3">
          Begin a conversation
        </Link>
      </p>
    </div>
  )
}

function List({ plans }: { plans: readonly AdoptedPlan[] }) {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    if (hash !== '') document.querySelector(`#${CSS.escape(hash)}`)?.scrollIntoView()
  }, [hash])
  return (
    <>
      <p className="text-sm text-muted">
        Adopting a plan puts nothing into effect: the steps say who does what.
      </p>
      <ul className="space-y-6 pt-4">
        {plans.map((plan) => (
          <li key={plan.plan_id} id={plan.plan_id} className="scroll-mt-4">
            <Plan plan={plan} />
          </li>
        ))}
      </ul>
    </>
  )
}

const LINK = 'touch rounded-sm text-accent underline underline-offset-3'

function Plan({ plan }: { plan: AdoptedPlan }) {
  const { me } = useLive()
  const name = me.name || me.email
  return (
    <section
      aria-label={plan.title}
      className="space-y-3 rounded-xl border border-line bg-raised p-4 sm:p-5 print:break-inside-avoid"
    >
      <div>
        <h2 className="text-lg font-semibold tracking-tight wrap-anywhere">{plan.title}</h2>
        <p className="mt-0.5 text-sm wrap-anywhere text-muted">
          Adopted by {name} on <time dateTime={plan.adopted_at}>{momentOf(plan.adopted_at)}</time>
        </p>
      </div>
      <p className="wrap-anywhere">{savingOf(plan)}</p>
      {plan.changes.length > 0 ? <Changes plan={plan} /> : null}
      <details className="group/steps">
        <summary className="touch inline-flex cursor-pointer items-center gap-1 rounded-sm text-sm font-medium text-soft hover:text-ink">
          <ChevronRightIcon size={14} className="transition-transform group-open/steps:rotate-90" />
          {countOf(plan.steps.length, 'step')}
        </summary>
        <div className="mt-3">
          <PlanSteps steps={plan.steps} />
        </div>
      </details>
      <p className="flex flex-wrap gap-x-5 gap-y-2 text-sm print:hidden">
        {plan.report_id === null ? null : (
          <Link to="/reports/$fileId" params={{ fileId: plan.report_id }} className={LINK}>
            Open the report
          </Link>
        )}
        <Link to="/t/$threadId" params={{ threadId: plan.thread_id }} className={LINK}>
          Open the conversation
        </Link>
      </p>
    </section>
  )
}

/** What each change saves alone, with how many steps it takes. */
function Changes({ plan: { changes, steps } }: { plan: AdoptedPlan }) {
  return (
    <ul className="divide-y divide-line border-y border-line text-sm">
      {changes.map((change) => (
        <li key={change.id} className="flex flex-wrap items-baseline gap-x-3 py-2">
          <span className="min-w-0 flex-1 basis-72 wrap-anywhere">{change.title}</span>
          <span className="figures flex flex-row-reverse gap-x-3 sm:flex-row">
            <span className="text-muted">
              {countOf(
                steps.filter(({ recommendation }) => recommendation === change.id).length,
                'step',
              )}
            </span>
            <span className="font-medium sm:min-w-32 sm:text-right">
              {change.saving_text}
              {shareText(change)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}
