import { useKept } from '../use-kept.ts'
import { IconButton } from './button.tsx'
import { MoonIcon, ScreenIcon, SunIcon } from './icons.tsx'
import { Menu } from './menu.tsx'

const THEMES = [
  { key: 'system', label: 'As the system', Icon: ScreenIcon },
  { key: 'light', label: 'Light', Icon: SunIcon },
  { key: 'dark', label: 'Dark', Icon: MoonIcon },
] as const

/** The choice is read before the first paint by `theme.js`, under the same key. */
export function ThemeMenu() {
  const [kept, setKept] = useKept('theme')
  const current = THEMES.find((theme) => theme.key === kept) ?? THEMES[0]
  const choose = (key: (typeof THEMES)[number]['key']) => {
    setKept(key === 'system' ? null : key)
    if (key === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = key
  }
  return (
    <Menu
      label="Theme"
      side="above"
      align="end"
      items={THEMES.map(({ key, label, Icon }) => ({
        key,
        label,
        icon: <Icon size={16} />,
        checked: key === current.key,
        onSelect: () => choose(key),
      }))}
      button={(attributes) => (
        <IconButton label={`Theme: ${current.label}`} {...attributes}>
          <current.Icon />
        </IconButton>
      )}
    />
  )
}
