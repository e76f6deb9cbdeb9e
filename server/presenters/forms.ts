/** Fields of a form as one partial draws them. */
import { translate, type Language, type MessageKey } from '../../views/language.ts';

export interface FieldOption {
  readonly value: string;
  readonly label: string;
  readonly selected: boolean;
}

export interface FieldModel {
  readonly id: string;
  readonly label: string;
  readonly hint: string | null;
  readonly value: string;
  readonly problem: string | null;
  readonly optional: boolean;
  /** Of what is typed, where that is not the page's. */
  readonly lang: Language | null;
  /** `text`, `number` or `datetime-local` for an input. */
  readonly type: string | null;
  readonly is_area: boolean;
  readonly is_check: boolean;
  /** Null where there is nothing to pick from. */
  readonly options: readonly FieldOption[] | null;
  readonly max_length: number | null;
}

export interface FieldGroup {
  readonly title: string | null;
  readonly hint: string | null;
  readonly fields: readonly FieldModel[];
}

/** A form on a page of its own. */
export interface FormPage {
  readonly crumbs: readonly { readonly label: string; readonly href: string }[];
  readonly title: string;
  readonly lead: string | null;
  readonly has_problem: boolean;
  readonly action: string;
  readonly groups: readonly FieldGroup[];
  readonly button: string;
  readonly back_href: string;
}

/** Makes the fields of one form. */
export function createFields(
  language: Language,
  values: Readonly<Record<string, string>>,
  problems: Readonly<Record<string, string | null>>,
) {
  const base = (id: string, label: MessageKey, hint: MessageKey | null): FieldModel => ({
    id,
    label: translate(language, label),
    hint: hint === null ? null : translate(language, hint),
    value: values[id] ?? '',
    problem: problems[id] ?? null,
    optional: false,
    lang: null,
    type: null,
    is_area: false,
    is_check: false,
    options: null,
    max_length: null,
  });
  return {
    text(
      id: string,
      label: MessageKey,
      more: {
        hint?: MessageKey;
        optional?: boolean;
        lang?: Language;
        type?: 'number' | 'datetime-local';
        max?: number;
      } = {},
    ): FieldModel {
      return {
        ...base(id, label, more.hint ?? null),
        type: more.type ?? 'text',
        optional: more.optional ?? false,
        lang: more.lang ?? null,
        max_length: more.max ?? null,
      };
    },
    area(
      id: string,
      label: MessageKey,
      more: { hint?: MessageKey; lang?: Language; optional?: boolean } = {},
    ): FieldModel {
      const { hint, lang, optional } = more;
      return {
        ...base(id, label, hint ?? null),
        is_area: true,
        lang: lang ?? null,
        optional: optional ?? false,
      };
    },
    check(id: string, label: MessageKey): FieldModel {
      return { ...base(id, label, null), is_check: true };
    },
    select(
      id: string,
      label: MessageKey,
      options: readonly { readonly value: string; readonly label: string }[],
      hint?: MessageKey,
    ): FieldModel {
      const field = base(id, label, hint ?? null);
      return {
        ...field,
        options: options.map((option) => ({ ...option, selected: option.value === field.value })),
      };
    },
  };
}
