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
      button={(attributes) => (
        <button
          type="button"
          aria-label={`${label}: ${shown}`}
          {...attributes}
          className="touch inline-flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-sm text-muted transition-colors hover:bg-hover hover:text-ink aria-expanded:bg-hover"
        >
          <span className="max-w-28 truncate sm:max-w-52">{shown}</span>
          <ChevronDownIcon size={14} />
        </button>
      )}
    />
  )
}

interface AgentPickerProps {
  agents: readonly Agent[]
  chosen: string | null
  onChoose: (id: string | null) => void
}

export function AgentPicker({ agents, chosen, onChoose }: AgentPickerProps) {
  const agent = agents.find((item) => item.id === chosen)
  const items: MenuItem[] = [
    {
      key: '',
      label: 'Automatic',
      hint: 'The assistant once a model is connected, the data agent until then',
      checked: agent === undefined,
      onSelect: () => onChoose(null),
    },
    ...agents.map((item) => ({
      key: item.id,
      label: <AgentName agent={item} />,
      hint: item.description,
      checked: item.id === chosen,
      onSelect: () => onChoose(item.id),
    })),
  ]
  return <Picker label="Agent" shown={agent?.name ?? 'Automatic'} items={items} />
}

const ORIGINS = { netra: null, own: 'own', remote: 'elsewhere' }

/** Whose it is stands beside its name, unless it is Netra's. */
function AgentName({ agent: { name, origin } }: { agent: Agent }) {
  const badge = ORIGINS[origin]
  return (
    <span className="flex items-center gap-2">
      <span className="min-w-0 truncate">{name}</span>
      {badge === null ? null : (
        <span className="inline-flex shrink-0 items-center rounded-sm bg-sunken px-1.5 text-xs text-soft">
          {badge}
        </span>
      )}
    </span>
  )
}

interface ModelPickerProps {
  models: Models
  /** One elsewhere, or one that is written for one model, leaves nothing to choose. */
  agent: Agent | undefined
  chosen: string | null
  onChoose: (id: string | null) => void
}

export function ModelPicker({ models, agent, chosen, onChoose }: ModelPickerProps) {
  if (agent?.origin === 'remote') return null
  if (agent && agent.model !== null) return <Fixed model={agent.model} />
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

const Fixed = ({ model }: { model: string }) => (
  <span title="This agent speaks with no other model" className="truncate px-2 text-sm text-muted">
    {model}
  </span>
)

/** The model of an id; of none, or of one that is gone, the default. */
export const modelOf = (models: Models, id: string | null): Model | undefined =>
  models.models.find((item) => item.id === id) ??
  models.models.find((item) => item.id === models.default) ??
  models.models[0]
