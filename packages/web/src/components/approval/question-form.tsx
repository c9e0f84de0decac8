import { checkAnswer, readForm, type AnswerProblems, type FormField } from '@netra/protocol'
import { useRef, useState, type FormEvent } from 'react'

import { useKept } from '../../use-kept.ts'
import { Button } from '../button.tsx'
import { Problem } from '../notice.tsx'
import type { AskedCall } from './asked-call.ts'
import { FormInput } from './form-input.tsx'
import { contentOf, keptValues, numberProblems, type FormValues } from './form-values.ts'
import { useAnswer } from './use-answer.ts'

/** What the tool wants to know, as a form; or why there is none. */
export function QuestionForm({ call, schema }: { call: AskedCall; schema: unknown }) {
  const form = readForm(schema)
  if (form.ok) return <Fields call={call} fields={form.fields} />
  return <Problem>This form cannot be shown: {form.problem}. You can decline it.</Problem>
}

function Fields({ call, fields }: { call: AskedCall; fields: readonly FormField[] }) {
  // Through a reload, and while the card is elsewhere.
  const [kept, keep] = useKept(`form.${call.runId}.${call.toolCallId}.${call.fence}`)
  const [values, setValues] = useState<FormValues>(() => keptValues(fields, kept))
  const [problems, setProblems] = useState<AnswerProblems>({})
  const answer = useAnswer(call)
  const form = useRef<HTMLFormElement>(null)
  const change = (name: string, value: FormValues[string]) => {
    const next = { ...values, [name]: value }
    setValues(next)
    keep(JSON.stringify(next))
    if (problems[name] === undefined) return
    const { [name]: _mended, ...others } = problems
    setProblems(others)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const content = contentOf(fields, values)
    const checked = checkAnswer(fields, content)
    if (!checked.ok) {
      const found = { ...checked.problems, ...numberProblems(fields, values) }
      setProblems(found)
      const first = fields.find(({ name }) => found[name] !== undefined)
      const input = first && form.current?.elements.namedItem(first.name)
      if (input instanceof HTMLElement) input.focus()
      return
    }
    setProblems({})
    void answer.run({ action: 'accept', content }).then((worked) => {
      if (worked) keep(null)
    })
  }
  const decline = async () => {
    if (await answer.run({ action: 'decline' })) keep(null)
  }
  return (
    <form ref={form} onSubmit={submit} noValidate className="space-y-4">
      {fields.map((field) => (
        <FormInput
          key={field.name}
          field={field}
          value={values[field.name]}
          problem={problems[field.name]}
          onChange={(value) => change(field.name, value)}
        />
      ))}
      <p className="text-xs text-muted">
        Never enter a password or key here; a tool that needs one has to send you to its own page.
      </p>
      {answer.problem ? <Problem>{answer.problem}</Problem> : null}
      <div className="flex flex-wrap gap-2">
        <Button small kind="primary" type="submit" busy={answer.isBusy}>
          Send
        </Button>
        <Button small disabled={answer.isBusy} onClick={() => void decline()}>
          Decline
        </Button>
      </div>
    </form>
  )
}
