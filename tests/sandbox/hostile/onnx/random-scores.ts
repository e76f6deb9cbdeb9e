// Draws its scores by lot and hopes for a lucky run.
// expect: BAD_FORMAT onnx-operator
import { node } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload([node('RandomUniformLike', ['x'], ['y'])]);
