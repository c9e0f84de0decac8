import type { ButtonHTMLAttributes } from 'react'

import type { Agent, Model, Models } from '../live/api.ts'
import { ChevronDownIcon } from './icons.tsx'
import { Menu, type MenuItem } from './menu.tsx'

interface PickerProps {
  label: string
  shown: string
  items: readonly MenuItem[]
}

function Picker({ label, shown, items }: PickerProps) {
  return (
    <Menu
      label={label}
      side="above"
      wide
      items={items}
      button={(attributes) => <PickerButton label={label} shown={shown} {...attributes} />}
    />
  )
}

type PickerButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { label: string; shown: string }

/** Shows what is chosen, and opens what there is to choose from. */
export const PickerButton = ({ label, shown, ...attributes }: PickerButtonProps) => (
  <button
    type="button"
    aria-label={`${label}: ${shown}`}
    {...attributes}
    className="touch inline-flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-sm text-muted transition-colors hover:bg-hover hover:text-ink aria-expanded:bg-hover"
  >
    <span className="max-w-28 truncate sm:max-w-52">{shown}</span>
    <ChevronDownIcon size={14} />
  </button>
)

interface ModelPickerProps {
  models: Models
  /** One elsewhere, one written for one model and a program leave nothing to choose. */
  agent: Agent | undefined
  chosen: string | null
  onChoose: (id: string | null) => void
}

export function ModelPicker({ models, agent, chosen, onChoose }: ModelPickerProps) {
  if (agent?.origin === 'remote') return null
  if (agent?.asks_model === false)
    return <Fixed title="This agent is a program and asks no language model">No model</Fixed>
  if (agent && agent.model !== null)
    return <Fixed title="This agent speaks with no other model">{agent.model}</Fixed>
  const model = modelOf(models, chosen)
  const items = models.models.map((item) => ({
    key: item.id,
    label: item.label,
    ...(item.id === models.default && { hint: 'default' }),
    checked: item.id === model?.id,
    onSelect: () => onChoose(item.id === models.default ? null : item.id),
  }))
  return <Picker label="Model" shown={model?.label ?? 'No model'} items={items} />
}

/** As high as the picker that it stands for. */
const Fixed = ({ title, children }: { title: string; children: string }) => (
  <span title={title} className="flex h-8 min-w-0 items-center px-2 text-sm text-muted">
    <span className="truncate">{children}</span>
  </span>
)

/** The model of an id; of none, or of one that is gone, the default. */
export const modelOf = (models: Models, id: string | null): Model | undefined =>
  models.models.find((item) => item.id === id) ??
  models.models.find((item) => item.id === models.default) ??
  models.models[0]
