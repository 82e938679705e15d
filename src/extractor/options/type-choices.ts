import { columnMatcher } from './name-pattern';
import { describe, invalid, validateChoice } from './validate-value';
import { BinaryEncoding, ClrType, DateType, InvalidText, LoneSurrogates, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../api/type-options';
import { unknownProp } from '../api/unknown-names';

/** What each type option takes. */
export const TYPE_CHOICES: { readonly [option in keyof Required<TypeOptions>]: { readonly [name: string]: string } } = {
  time: TimeType,
  uniqueidentifier: UniqueidentifierType,
  timestamps: TimestampType,
  dates: DateType,
  clr: ClrType,
  binary: BinaryEncoding,
  invalidText: InvalidText,
  loneSurrogates: LoneSurrogates,
};

/** Checks type options. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateTypes(where: string, options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) throw invalid(`${where} must be an object of type options, got ${describe(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(TYPE_CHOICES, name)) throw unknownProp(`${where}.`, name, Object.keys(TYPE_CHOICES));
    validateChoice(`${where}.${name}`, value, TYPE_CHOICES[name as keyof TypeOptions]);
  }
}

/** Checks type options by column pattern. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateColumnTypes(columnTypes: unknown): void {
  if (columnTypes !== undefined && (typeof columnTypes !== 'object' || columnTypes === null || Array.isArray(columnTypes))) {
    throw invalid(`columnTypes must be an object of type options by column pattern, got ${describe(columnTypes)}`);
  }
  for (const [pattern, options] of Object.entries(columnTypes ?? {})) {
    columnMatcher(pattern);
    validateTypes(`columnTypes['${pattern}']`, options);
  }
}
