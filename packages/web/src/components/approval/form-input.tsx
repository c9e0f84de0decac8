import type { FormField } from '@netra/protocol'
import { useId } from 'react'

import { Field, INPUT } from '../field.tsx'
import type { FormValues } from './form-values.ts'
import { visibleText } from './visible-text.ts'

interface FormInputProps {
  field: FormField
  value: FormValues[string] | undefined
  problem: string | undefined
  onChange: (value: FormValues[string]) => void
}

/** One field of a question, with what is wrong with it. */
export function FormInput({ field, value, problem, onChange }: FormInputProps) {
  switch (field.kind) {
    case 'boolean':
      return <YesOrNo field={field} isOn={value === true} problem={problem} onChange={onChange} />
    case 'choice':
      return <Choice field={field} value={value} problem={problem} onChange={onChange} />
    case 'choices':
      return <Choices field={field} value={value} problem={problem} onChange={onChange} />
    case 'text':
    case 'number':
    case 'integer':
      return <Text field={field} value={value} problem={problem} onChange={onChange} />
    default:
      return unreachable(field)
  }
}

const unreachable = (field: never): never => {
  throw new Error(`there is no input for ${JSON.stringify(field)}`)
}

function Text({ field, value, problem, onChange }: Part<'text' | 'number' | 'integer'>) {
  return (
    <Field
      label={labelOf(field)}
      hint={hintOf(field)}
      error={problem ?? null}
      name={field.name}
      type={TYPES[field.kind === 'text' ? (field.format ?? 'text') : 'text']}
      inputMode={field.kind === 'text' ? undefined : 'decimal'}
      autoComplete="off"
      value={typeof value === 'string' ? value : ''}
      aria-required={field.required}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

const TYPES = {
  text: 'text',
  email: 'email',
  uri: 'url',
  date: 'date',
  'date-time': 'datetime-local',
} as const

const labelOf = ({ title, required }: FormField): string =>
  `${visibleText(title)}${required ? '' : ' (optional)'}`

function hintOf(field: FormField): string | undefined {
  const parts = [field.description === undefined ? '' : visibleText(field.description)]
  if (field.kind === 'number' || field.kind === 'integer') {
    const { minimum, maximum } = field
    if (minimum !== undefined && maximum !== undefined) parts.push(`From ${minimum} to ${maximum}.`)
    else if (minimum !== undefined) parts.push(`At least ${minimum}.`)
    else if (maximum !== undefined) parts.push(`At most ${maximum}.`)
  }
  const text = parts.filter((part) => part !== '').join(' ')
  return text === '' ? undefined : text
}

interface Part<Kind extends FormField['kind']> extends Omit<FormInputProps, 'field'> {
  field: Extract<FormField, { kind: Kind }>
}

function Note({
  id,
  field,
  problem,
}: {
  id: string
  field: FormField
  problem: string | undefined
}) {
  const note = problem ?? hintOf(field)
  if (note === undefined) return null
  return (
    <p id={`${id}-note`} className={`mt-1 text-sm ${problem ? 'text-danger' : 'text-muted'}`}>
      {note}
    </p>
  )
}

const noted = (id: string, field: FormField, problem: string | undefined) => ({
  'aria-invalid': problem ? true : undefined,
  'aria-describedby': (problem ?? hintOf(field)) ? `${id}-note` : undefined,
})

function YesOrNo({
  field,
  isOn,
  problem,
  onChange,
}: Omit<Part<'boolean'>, 'value'> & { isOn: boolean }) {
  const id = useId()
  return (
    <div>
      <label className="touch flex items-start gap-2.5">
        <input
          type="checkbox"
          name={field.name}
          checked={isOn}
          onChange={(event) => onChange(event.currentTarget.checked)}
          className="mt-1 size-4 shrink-0 accent-accent"
          {...noted(id, field, problem)}
        />
        <span>{visibleText(field.title)}</span>
      </label>
      <Note id={id} field={field} problem={problem} />
    </div>
  )
}

function Choice({ field, value, problem, onChange }: Part<'choice'>) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        {labelOf(field)}
      </label>
      <select
        id={id}
        name={field.name}
        className={INPUT}
        value={typeof value === 'string' ? value : ''}
        aria-required={field.required}
        onChange={(event) => onChange(event.currentTarget.value)}
        {...noted(id, field, problem)}
      >
        <option value="">Choose…</option>
        {field.options.map((option) => (
          <option key={option.value} value={option.value}>
            {visibleText(option.title)}
          </option>
        ))}
      </select>
      <Note id={id} field={field} problem={problem} />
    </div>
  )
}

function Choices({ field, value, problem, onChange }: Part<'choices'>) {
  const id = useId()
  const chosen = Array.isArray(value) ? value.map(String) : []
  return (
    <fieldset {...noted(id, field, problem)}>
      <legend className="mb-1.5 text-sm font-medium text-soft">{labelOf(field)}</legend>
      <div className="space-y-1">
        {field.options.map((option) => (
          <label key={option.value} className="touch flex items-start gap-2.5">
            <input
              type="checkbox"
              name={field.name}
              checked={chosen.includes(option.value)}
              onChange={(event) => {
                const others = chosen.filter((one) => one !== option.value)
                onChange(event.currentTarget.checked ? [...others, option.value] : others)
              }}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span>{visibleText(option.title)}</span>
          </label>
        ))}
      </div>
      <Note id={id} field={field} problem={problem} />
    </fieldset>
  )
}
