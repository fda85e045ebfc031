export { createLogger } from './logger.ts'
export type { LogFields, Logger, LoggerOptions, LogLevel, LogValue } from './logger.ts'
export { createMetrics } from './metrics.ts'
export type { Metrics } from './metrics.ts'
