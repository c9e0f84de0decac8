/** From all to nothing; of two that hold at once the later one counts. */
export const SERVICE_LEVELS = ['full', 'no_tools', 'read_only', 'maintenance'] as const
export type ServiceLevel = (typeof SERVICE_LEVELS)[number]

export const isAtLeast = (level: ServiceLevel, other: ServiceLevel): boolean =>
  SERVICE_LEVELS.indexOf(level) >= SERVICE_LEVELS.indexOf(other)

export const isServiceLevel = (text: unknown): text is ServiceLevel =>
  SERVICE_LEVELS.some((level) => level === text)
