// Asks a vendor's engine to load a compiled file from a path.
// expect: BAD_FORMAT onnx-operator
import { node } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload([node('EPContext', ['x'], ['y'], { domain: 'com.microsoft' })]);
