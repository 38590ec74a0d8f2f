"""Exact names that a model file may refer to.

Exact, because a module prefix would let through functions that call others (``numpy.load``, ``joblib.load``,
``sklearn.utils`` helpers…). Estimators of libsvm, nearest neighbours and Gaussian processes are left out:
their compiled code trusts the arrays that it receives.
"""

from __future__ import annotations

from collections.abc import Mapping

_BY_MODULE: Mapping[str, str] = {
    # Tabular estimators.
    "sklearn.ensemble._forest": (
        "RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor"
    ),
    "sklearn.ensemble._gb": "GradientBoostingClassifier GradientBoostingRegressor",
    "sklearn.ensemble._bagging": "BaggingClassifier BaggingRegressor",
    "sklearn.ensemble._weight_boosting": "AdaBoostClassifier AdaBoostRegressor",
    "sklearn.ensemble._voting": "VotingClassifier VotingRegressor",
    "sklearn.ensemble._stacking": "StackingClassifier StackingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": (
        "HistGradientBoostingClassifier HistGradientBoostingRegressor"
    ),
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.tree._classes": (
        "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"
    ),
    "sklearn.tree._tree": "Tree",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._bayes": "BayesianRidge",
    "sklearn.linear_model._coordinate_descent": "ElasticNet ElasticNetCV Lasso LassoCV",
    "sklearn.linear_model._glm.glm": "GammaRegressor PoissonRegressor TweedieRegressor",
    "sklearn.linear_model._huber": "HuberRegressor",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._quantile": "QuantileRegressor",
    "sklearn.linear_model._ridge": "Ridge RidgeCV RidgeClassifier RidgeClassifierCV",
    "sklearn.linear_model._sgd_fast": "Hinge ModifiedHuber",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier SGDRegressor",
    "sklearn.svm._classes": "LinearSVC LinearSVR",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier MLPRegressor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    # What surrounds them.
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration",
    "sklearn.compose._column_transformer": "ColumnTransformer make_column_selector",
    "sklearn.compose._target": "TransformedTargetRegressor",
    "sklearn.decomposition._pca": "PCA",
    # A classifier fitted already, and those that carry a threshold of their own: the probability is theirs.
    "sklearn.frozen._frozen": "FrozenEstimator",
    "sklearn.model_selection._classification_threshold": (
        "FixedThresholdClassifier TunedThresholdClassifierCV"
    ),
    "sklearn.metrics._scorer": "_CurveScorer",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest",
    "sklearn.metrics._classification": (
        "accuracy_score balanced_accuracy_score f1_score fbeta_score jaccard_score matthews_corrcoef "
        "precision_score recall_score"
    ),
    "sklearn.feature_selection._from_model": "SelectFromModel",
    "sklearn.feature_selection._univariate_selection": "SelectKBest f_classif f_regression",
    "sklearn.feature_selection._variance_threshold": "VarianceThreshold",
    "sklearn.impute._base": "SimpleImputer MissingIndicator",
    "sklearn.pipeline": "Pipeline FeatureUnion",
    "sklearn.preprocessing._data": (
        "Binarizer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer QuantileTransformer RobustScaler "
        "StandardScaler"
    ),
    "sklearn.preprocessing._discretization": "KBinsDiscretizer",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures",
    # What their state is made of.
    "sklearn._loss.loss": (
        "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfPoissonLoss HalfSquaredError "
        "HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss"
    ),
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink",
    "_loss": (
        "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfPoissonLoss "
        "CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss"
    ),
    "sklearn.utils._bunch": "Bunch",
    # How histogram boosting passes its categorical features: a partial of this one validation function.
    "sklearn.utils.validation": "check_array",
    "functools": "partial",
    "collections": "OrderedDict defaultdict",
    "builtins": "bool float int object slice",
    # How protocol 2 spells bytes.
    "__builtin__": "bytes",
    "_codecs": "encode",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "numpy": (
        "ndarray dtype bool_ float32 float64 int32 int64 number integer floating "
        # Element-wise functions that a FunctionTransformer applies.
        "exp expm1 log log1p sqrt square absolute"
    ),
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
}

ALLOWED = frozenset((module, name) for module, names in _BY_MODULE.items() for name in names.split())

# Names that a model keeps as they are: types of its options, and functions that it applies. A file never
# calls them. Every other name is only there to be called, and may not stay in the model.
VALUES = frozenset(
    f"{module}.{name}"
    for module, names in {
        "builtins": "bool float int object",
        "numpy": (
            "bool_ float32 float64 int32 int64 number integer floating "
            "exp expm1 log log1p sqrt square absolute"
        ),
        "sklearn.metrics._classification": _BY_MODULE["sklearn.metrics._classification"],
        "sklearn.feature_selection._univariate_selection": "f_classif f_regression",
        "sklearn.utils.validation": "check_array",
    }.items()
    for name in names.split()
)

COMPILED_LOSSES = frozenset(f"_loss.{name}" for name in _BY_MODULE["_loss"].split())

# Modules that hold a name today: scikit-learn's compiled losses register under a top-level name, and NumPy 2
# moved modules that files of NumPy 1 name.
RENAMED: Mapping[str, str] = {
    "__builtin__": "builtins",
    "_loss": "sklearn._loss._loss",
    "numpy.core.multiarray": "numpy._core.multiarray",
}

# The remedy for names that honest files hold.
HINTS: Mapping[str, str] = {
    "sklearn.model_selection._search.GridSearchCV": "Enregistrez son attribut best_estimator_.",
    "sklearn.model_selection._search.RandomizedSearchCV": "Enregistrez son attribut best_estimator_.",
}

_AS_ONNX = "Exportez-le en ONNX et importez le fichier .onnx"
# The same by the library that holds the name.
LIBRARY_HINTS: Mapping[str, str] = {
    "catboost": f"C’est un modèle CatBoost. {_AS_ONNX} : save_model(…, format='onnx').",
    "imblearn": (
        "C’est un pipeline d’imbalanced-learn, dont le rééchantillonnage ne sert qu’à l’ajustement : "
        "enregistrez l’estimateur ajusté qu’il contient (modele[-1])."
    ),
    "keras": f"C’est un modèle Keras. {_AS_ONNX}, par exemple avec tf2onnx.",
    "lightgbm": f"C’est un modèle LightGBM. {_AS_ONNX} (onnxmltools.convert_lightgbm, zipmap=False).",
    "pandas": "C’est un tableau pandas, pas un modèle : enregistrez l’estimateur ajusté lui-même.",
    "tensorflow": f"C’est un modèle TensorFlow. {_AS_ONNX}, par exemple avec tf2onnx.",
    "torch": f"C’est un modèle PyTorch. {_AS_ONNX} (torch.onnx.export).",
    "xgboost": f"C’est un modèle XGBoost. {_AS_ONNX} (onnxmltools.convert_xgboost).",
}
