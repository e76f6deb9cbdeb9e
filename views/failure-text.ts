import type { Failure, FailureParams } from '../sandbox/failure.ts';
import { list } from './helpers.ts';
import { isMessageKey, takesParam, translate, type Language, type MessageKey } from './language.ts';

export interface FailureText {
  /** What happened, in one sentence. */
  readonly text: string;
  /** What to do next, in one sentence. */
  readonly next: string;
  /** Lines to run, the same in every language; null where a sentence is enough. */
  readonly code: string | null;
}

/** A failure as people read it. The pages and the commands speak with this one voice. */
export function failureText(failure: Failure, language: Language): FailureText {
  const { reason } = failure;
  const params = withOurWords(failure.params, language);
  return {
    text: translate(language, textKey(failure), params),
    next: translate(language, `failure.${reason}.next`, params),
    code: reason === 'framework-weights' ? exportLines(String(params['extension'])) : null,
  };
}

/** What happened as one text, with both sides of a mismatch: for readers without the page's table of them. */
export function failureMessage(failure: Failure, language: Language): string {
  const { text } = failureText(failure, language);
  const { expected, received } = failure.params;
  const isSaid = takesParam(textKey(failure), 'expected');
  if (expected === undefined || received === undefined || isSaid) return text;
  return `${text} ${translate(language, 'failure.sides', { expected, received })}`;
}

/** What entrants do not get where a split is closed, since their run could have chosen it; see disclosure.ts. */
const CLOSED_PARAMS = ['detail', 'received', 'signal', 'limit', 'limit_mb'];

function textKey({ reason, params }: Failure): MessageKey {
  const closed = `failure.${reason}.closed`;
  const isClosed = CLOSED_PARAMS.every((name) => !Object.hasOwn(params, name));
  return isClosed && isMessageKey(closed) ? closed : `failure.${reason}.text`;
}

/** Words of ours among the parameters: the sentence wants limits and lanes in its own language. */
function withOurWords(params: FailureParams, language: Language): FailureParams {
  const word = (group: 'limit' | 'lane', name: string) => {
    const key = `${group}.${name}`;
    return isMessageKey(key) ? translate(language, key) : name;
  };
  const { what, lane, accepted } = params;
  return {
    ...params,
    ...(typeof what === 'string' ? { what: word('limit', what) } : {}),
    ...(typeof lane === 'string' ? { lane: word('lane', lane) } : {}),
    ...(typeof accepted === 'string'
      ? {
          accepted: list(
            language,
            accepted.split(', ').map((name) => word('lane', name)),
          ),
        }
      : {}),
  };
}

const TORCH_EXPORT = `model.eval()
torch.onnx.export(model, torch.zeros(1, 1, 28, 28), "model.onnx",
                  input_names=["image"], dynamic_axes={"image": {0: "n"}}, dynamo=False)`;

const KERAS_EXPORT = `import keras

keras.models.load_model("model{extension}").export("model.onnx", format="onnx")`;

const EXPORT_LINES: Readonly<Record<string, string>> = {
  '.pt': `import torch

model = torch.load("model{extension}", weights_only=False)
${TORCH_EXPORT}`,
  '.safetensors': `import torch
from safetensors.torch import load_file

model = Net()
model.load_state_dict(load_file("model.safetensors"))
${TORCH_EXPORT}`,
  '.h5': `${KERAS_EXPORT}

# tensorflowjs_converter --input_format=keras model.h5 tfjs-model/`,
  '.keras': KERAS_EXPORT,
  '.pkl': `import pickle
import numpy as np
from skl2onnx import to_onnx

with open("model.pkl", "rb") as file:
    model = pickle.load(file)
exported = to_onnx(model, np.zeros((1, 784), np.float32), options={"zipmap": False})
with open("model.onnx", "wb") as file:
    file.write(exported.SerializeToString())`,
};

/** The few lines of Python that turn a framework's own file into ONNX; null for an extension we do not know. */
export function exportLines(extension: string): string | null {
  const known = extension === '.pth' ? '.pt' : extension;
  const lines = Object.hasOwn(EXPORT_LINES, known) ? EXPORT_LINES[known] : undefined;
  return lines?.replaceAll('{extension}', extension) ?? null;
}
