/**
 * Classes and operators that a submitted TensorFlow.js model may name. Left out on purpose: what draws
 * random numbers at inference, what loads files or resources, and code (`Lambda`). Sources: the classes
 * that tfjs-layers 4.22 registers and the operator lists of tfjs-converter 4.22.
 */
const LAYERS = `
Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose
ConvLSTM2D ConvLSTM2DCell Cropping2D Dense DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Flatten Functional
GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
GlobalMaxPooling2D InputLayer LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D
MaxPooling3D Maximum Minimum Model MultiHeadAttention Multiply PReLU Permute RNN ReLU RepeatVector Rescaling
Reshape Resizing SeparableConv2D Sequential SimpleRNN SimpleRNNCell Softmax SpatialDropout1D StackedRNNCells
ThresholdedReLU TimeDistributed UpSampling2D ZeroPadding2D
`;

/** Initialisers, regularisers and constraints: their class names stand in the same configuration. */
const HELPERS = `
Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LeCunNormal LeCunUniform LecunNormal LecunUniform
Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
L1 L1L2 L2 MaxNorm MinMaxNorm NonNeg UnitNorm
`;

const OPERATORS = `
Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D BatchMatMul
BatchMatMulV2 BatchToSpaceND BiasAdd Bincount BitwiseAnd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Complex
ComplexAbs Concat ConcatV2 Const Conv1D Conv2D Conv2DBackpropInput Conv3D Cos Cosh CropAndResize Cumprod Cumsum
DenseBincount DepthToSpace DepthwiseConv2d DepthwiseConv2dNative Dilation2D Div DivNoNan Einsum Elu EmptyTensorList
EnsureShape Enter Equal Erf EuclideanNorm Exit Exp ExpandDims Expm1 FFT FakeQuantWithMinMaxVars Fill Floor
FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 FusedDepthwiseConv2dNative Gather GatherNd
GatherV2 Greater GreaterEqual IFFT IRFFT Identity IdentityN If Imag ImageProjectiveTransformV3 IsFinite IsInf IsNan
LRN LeakyRelu Less LessEqual LinSpace ListDiff Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr LoopCond
LowerBound MatMul MatrixBandPart Max MaxPool MaxPool3D MaxPoolWithArgmax Maximum Mean Merge Min Minimum MirrorPad
Mod Mul Neg NextIteration NoOp NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5
NotEqual OneHot Ones OnesLike Pack Pad PadV2 Placeholder PlaceholderWithDefault Pow Prelu Prod RFFT RaggedGather
RaggedRange RaggedTensorToTensor Range Rank Real RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear
ResizeNearestNeighbor Reverse ReverseV2 Round Rsqrt ScatterNd Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh
Size Slice Snapshot Softmax Softplus SpaceToBatchND SparseFillEmptyRows SparseReshape SparseSegmentMean
SparseSegmentSum SparseToDense Split SplitV Sqrt Square SquaredDifference Squeeze StatelessIf StatelessWhile
StopGradient StridedSlice Sub Sum Switch Tan Tanh TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3
TensorArrayReadV3 TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3
TensorListConcat TensorListConcatV2 TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListScatter TensorListScatterV2
TensorListSetItem TensorListSplit TensorListStack TensorScatterUpdate Tile TopKV2 Transpose Unique UniqueV2 Unpack
UpperBound Where While Zeros ZerosLike _FusedConv2D _FusedMatMul
`;

function names(list: string): string[] {
  return list.trim().split(/\s+/);
}

export const TFJS_CLASSES: ReadonlySet<string> = new Set([...names(LAYERS), ...names(HELPERS)]);
export const TFJS_OPERATORS: ReadonlySet<string> = new Set(names(OPERATORS));
