import type { PlanStep } from '@netra/client'

/** The plan in its order: who must say yes, and the way back. */
export function PlanSteps({ steps }: { steps: readonly PlanStep[] }) {
  const places = new Map(steps.map(({ id }, index) => [id, index + 1]))
  return (
    <ol className="space-y-4">
      {steps.map((step, index) => (
        <li key={step.id} className="flex gap-3 print:break-inside-avoid">
          <span className="figures grid size-6 shrink-0 place-items-center rounded-full bg-sunken text-sm text-soft">
            {index + 1}
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium wrap-anywhere">{step.title}</p>
            <p className="wrap-anywhere text-soft">{step.how}</p>
            <p className="mt-1 text-sm text-muted wrap-anywhere">
              {[
                step.effort === '' ? '' : `Effort: ${step.effort}`,
                step.approver === '' ? '' : `approved by ${step.approver}`,
                step.after.length === 0
                  ? ''
                  : `after ${step.after.map((id) => places.get(id) ?? id).join(', ')}`,
              ]
                .filter((part) => part !== '')
                .join(' · ')}
            </p>
            {step.check === '' ? null : (
              <p className="text-sm text-muted wrap-anywhere">Check: {step.check}</p>
            )}
            {step.roll_back === '' ? null : (
              <p className="text-sm text-muted wrap-anywhere">Way back: {step.roll_back}</p>
            )}
          </div>
        </li>
      ))}
    </ol>
  )
}
